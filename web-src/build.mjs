// Builds the styles, scripts and fonts of the pages into internal/web/ui/static/dist:
// names carry a hash of their content, each file has a .gz beside it, and
// manifest.json says which name stands for "app.css", "app.js", "theme.js", and, for
// pages with a map, "map.css" and "mapworker.js", for the grid "grid.css"; "terrain.*" and "terrainworker.js"
// are the field application. Source maps are not made.
import * as esbuild from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, extname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const here = import.meta.dirname;
const ui = resolve(here, "../internal/web/ui");
const dist = join(ui, "static/dist");

// Colour roles live in one file that Go tests for contrast.
async function tokens() {
  const roles = JSON.parse(await readFile(join(ui, "tokens.json"), "utf8"));
  const block = (theme, scheme) =>
    `color-scheme: ${scheme};` + Object.entries(roles[theme]).map(([role, value]) => `--${role}:${value};`).join("");
  const dark = "(prefers-color-scheme: dark)";
  const more = "(prefers-contrast: more)";
  return [
    `:root{${block("light", "light")}}`,
    `@media ${dark}{:root{${block("dark", "dark")}}}`,
    `@media ${more}{:root{${block("contrast-light", "light")}}}`,
    `@media ${more} and ${dark}{:root{${block("contrast-dark", "dark")}}}`,
    `:root[data-theme="light"]{${block("light", "light")}}`,
    `:root[data-theme="dark"]{${block("dark", "dark")}}`,
    `:root[data-theme="contrast"]{${block("contrast-light", "light")}}`,
    `@media ${dark}{:root[data-theme="contrast"]{${block("contrast-dark", "dark")}}}`,
    `@media print{:root,:root[data-theme]{${block("light", "light")}}}`,
  ].join("\n");
}

const own = {
  name: "own",
  setup(build) {
    build.onResolve({ filter: /^tokens:css$/ }, () => ({ path: "tokens", namespace: "own-css" }));
    build.onLoad({ filter: /.*/, namespace: "own-css" }, async () => ({ contents: await tokens(), loader: "css" }));
    build.onResolve({ filter: /^islands:list$/ }, () => ({ path: "islands", namespace: "own-js" }));
    build.onLoad({ filter: /.*/, namespace: "own-js" }, async () => {
      const names = (await readdir(join(here, "islands"))).filter((f) => f.endsWith(".ts")).map((f) => basename(f, ".ts")).sort();
      const lines = names.map((n) => `${JSON.stringify(n)}: () => import("./islands/${n}.ts")`);
      return { contents: `export default {${lines.join(",")}}`, loader: "js", resolveDir: here };
    });
  },
};

// Drawings as text, without what only their file needs.
const drawings = {
  name: "drawings",
  setup(build) {
    build.onLoad({ filter: /\.svg$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { contents: text.replace(/<!--.*?-->/gs, "").replace(/\s+class="[^"]*"/, "").replace(/\s+/g, " ").trim(), loader: "text" };
    });
  },
};

const common = {
  absWorkingDir: here,
  outdir: dist,
  bundle: true,
  minify: true,
  sourcemap: false,
  metafile: true,
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  plugins: [own, drawings],
  logLevel: "warning",
  legalComments: "none",
};

await mkdir(dist, { recursive: true });
for (const f of await readdir(dist)) {
  if (f !== "PLACEHOLDER") await rm(join(dist, f), { recursive: true });
}
const results = await Promise.all([
  esbuild.build({ ...common, entryPoints: ["app.ts"], format: "esm", splitting: true }),
  esbuild.build({ ...common, entryPoints: ["theme.ts"], format: "iife" }),
  esbuild.build({ ...common, entryPoints: ["mapworker.ts"], format: "esm", ignoreAnnotations: true }),
  esbuild.build({ ...common, entryPoints: ["terrain/terrain.ts"], format: "esm" }),
  esbuild.build({ ...common, entryPoints: ["terrain/terrainworker.ts"], format: "iife" }),
  esbuild.build({ ...common, entryPoints: ["styles/app.css", "styles/map.css", "styles/terrain.css", "styles/grid.css"] }),
]);

const manifest = {};
const files = new Map(); // name in dist → bytes
for (const { metafile } of results) {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const name = relative(dist, resolve(here, path));
    files.set(name, output.bytes);
    if (output.entryPoint && !/(^|\/)(islands|maps)\//.test(output.entryPoint) && !output.entryPoint.includes("node_modules/")) {
      manifest[basename(output.entryPoint, extname(output.entryPoint)) + extname(name)] = name;
    }
    const font = name.match(/^atkinson-hyperlegible-next-latin-wght-normal-\w+\.woff2$/);
    if (font) manifest["font.woff2"] = name;
  }
}
await writeFile(join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");

for (const name of files.keys()) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const zipped = gzipSync(await readFile(join(dist, name)), { level: 9 });
  await writeFile(join(dist, name + ".gz"), zipped);
  console.log(`${name.padEnd(34)} ${String(files.get(name)).padStart(7)} B ${String(zipped.length).padStart(7)} B gz`);
}
