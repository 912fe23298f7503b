// Runs the tests of the scripts (*.test.ts) with the test runner of Node.js.
import * as esbuild from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const here = import.meta.dirname;
const found = (await readdir(here, { recursive: true })).filter((f) => f.endsWith(".test.ts") && !f.startsWith("node_modules"));
if (!found.length) throw new Error("no tests");
const out = await mkdtemp(join(tmpdir(), "socle-web-"));
await esbuild.build({
  absWorkingDir: here, entryPoints: found, loader: { ".svg": "text" }, outdir: out, bundle: true, platform: "node", format: "esm", target: "node20", packages: "bundle", outExtension: { ".js": ".mjs" }, entryNames: "[name]",
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }, logLevel: "warning",
});
const run = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...found.map((f) => join(out, basename(f, ".ts") + ".mjs"))], { cwd: here, stdio: "inherit" });
await rm(out, { recursive: true });
process.exit(run.status ?? 1);
