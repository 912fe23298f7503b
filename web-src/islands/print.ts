import type { Island } from "../island";

// A button that prints the page; without a script the browser's own menu does.
const print: Island = (element) => {
  element.hidden = false;
  element.addEventListener("click", () => window.print());
};
export default print;
