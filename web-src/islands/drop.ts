import { size } from "../bytes";
import type { Island } from "../island";

// An area where files can be dropped, around a file input; it says which file it holds.
const drop: Island = (area) => {
  const input = area.querySelector<HTMLInputElement>("input[type=file]");
  const said = area.querySelector<HTMLElement>("[data-chosen]");
  if (!input) return;
  const show = () => {
    if (!said) return;
    const files = Array.from(input.files ?? []);
    said.textContent = files.map((f) => `${f.name} (${size(f.size, area.lang || document.documentElement.lang)})`).join(", ");
    said.hidden = files.length === 0;
  };
  let depth = 0;
  const over = (e: DragEvent) => {
    e.preventDefault();
    area.classList.add("drop-over");
  };
  area.addEventListener("dragenter", (e) => {
    depth++;
    over(e);
  });
  area.addEventListener("dragover", over);
  area.addEventListener("dragleave", () => {
    if (--depth <= 0) area.classList.remove("drop-over");
  });
  area.addEventListener("drop", (e) => {
    e.preventDefault();
    depth = 0;
    area.classList.remove("drop-over");
    if (e.dataTransfer?.files.length) {
      input.files = e.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  input.addEventListener("change", show);
  show();
};

export default drop;
