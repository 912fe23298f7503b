// Runs the tests of the scripts, test/*.test.ts, bundled as the pages' scripts are.
import * as esbuild from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
const out = await mkdtemp(join(tmpdir(), "socle-web-test-"));
try {
  const entryPoints = (await readdir(join(here, "test"))).filter((f) => f.endsWith(".test.ts")).map((f) => join(here, "test", f));
  if (entryPoints.length === 0) throw new Error("no test in web-src/test");
  await esbuild.build({ entryPoints, outdir: out, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "warning", sourcemap: "inline" });
  const files = entryPoints.map((f) => join(out, f.split("/").at(-1).replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" }).status ?? 1;
} finally {
  await rm(out, { recursive: true });
}
