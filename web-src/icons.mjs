// Writes internal/web/ui/icons.svg, which is committed: the symbols of icons.txt, drawn by Lucide (ISC licence).
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const here = import.meta.dirname;
const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").filter((l) => l && !l.startsWith("#"));
const symbols = await Promise.all(
  names.sort().map(async (name) => {
    const svg = await readFile(join(here, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
    const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}">${inner.replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>")}</symbol>`;
  }),
);
await writeFile(
  resolve(here, "../internal/web/ui/icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Lucide, https://lucide.dev, ISC licence; made by "npm run icons" from web-src/icons.txt -->\n${symbols.join("\n")}\n</svg>\n`,
);
console.log(`${names.length} icons`);
