import type { Island } from "../island";

// A button that copies the text of the element named by data-copies, and says so.
const copy: Island = (element) => {
  const button = element as HTMLButtonElement;
  const word = button.querySelector("[data-word]") ?? button;
  const before = word.textContent;
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies ?? "");
    await navigator.clipboard.writeText(source?.textContent?.trim() ?? "");
    word.textContent = button.dataset.done ?? before;
    setTimeout(() => (word.textContent = before), 2500);
  });
};
export default copy;
