import type { Island } from "../island";
import { save } from "../save";

// A button that makes a PNG of a drawing of the server (data-from) and saves it
// under data-name, at twice its size, so that it is sharp in a document.
const picture: Island = (element) => {
  const button = element as HTMLButtonElement;
  const word = button.querySelector("[data-word]") ?? button;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      save(await raster(button.dataset.from ?? ""), button.dataset.name ?? "");
    } catch (e) {
      console.error(e);
      word.textContent = button.dataset.refused ?? "";
    }
    button.disabled = false;
  });
};
export default picture;

async function raster(from: string): Promise<Blob> {
  const answer = await fetch(from);
  if (!answer.ok) throw new Error(`${from}: ${answer.status}`);
  const address = URL.createObjectURL(await answer.blob());
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * 2;
    canvas.height = image.naturalHeight * 2;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) => canvas.toBlob((b) => (b ? done(b) : failed(new Error("no picture"))), "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}
