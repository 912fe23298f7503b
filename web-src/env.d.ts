// What build.mjs makes: the islands of the folder islands/, each loaded when a page asks for it.
declare module "islands:list" {
  import type { Island } from "./island";
  const list: Record<string, () => Promise<{ default: Island }>>;
  export default list;
}

// What build.mjs makes: the drawings of the icons that the field application uses, by name.
declare module "terrain:icons" {
  const icons: Record<string, string>;
  export default icons;
}
