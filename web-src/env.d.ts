// What build.mjs makes: the islands of the folder islands/, each loaded when a page asks for it.
declare module "islands:list" {
  import type { Island } from "./island";
  const list: Record<string, () => Promise<{ default: Island }>>;
  export default list;
}

// Drawings, as text.
declare module "*.svg" {
  const text: string;
  export default text;
}
