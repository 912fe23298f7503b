// An island brings one element of a page to life. The page must read without it.
//
//   <div data-island="copy" …>   →   islands/copy.ts, whose default export is an Island
//
// What it returns, if anything, is called when the element leaves the page.
export type Island = (element: HTMLElement) => void | (() => void) | Promise<void | (() => void)>;
