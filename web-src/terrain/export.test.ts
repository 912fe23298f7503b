// What is taken off the phone by hand: nothing is missing, whatever became of a photo.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exported } from "./export";
import type { Kept, Store } from "./store";

test("the exported file is a zip of the entries and their photos", async () => {
  const photo = Buffer.from([0xff, 0xd8, 0, 1, 2, 3, 5, 8]);
  const store = { file: async (_: string, sha: string) => (sha === "a1" ? { entry: "e1", sha256: "a1", blob: new Blob([photo]) } : undefined) } as unknown as Store;
  const entry = {
    id: "e1", form: "f1", formTitle: "Fontaines", title: "Été", state: "refused", base: 2, version: 3, made: 0, made_at: "2026-07-01T10:00:00Z", values: { nom: "L’été" }, revisits: "", error: { message: "Trop loin" },
    files: [{ field: "photo", name: "vue d’été.jpg", type: "image/jpeg", size: 8, sha256: "a1" }, { field: "photo", name: "perdue.jpg", type: "image/jpeg", size: 5, sha256: "b2" }],
  } as unknown as Kept;
  const bytes = Buffer.from(await (await exported(store, [entry], new Date(2026, 6, 1, 12, 30))).arrayBuffer());
  assert.equal(bytes.readUInt32LE(0), 0x04034b50); // APPNOTE 4.3.7: a local header
  assert.equal(bytes.readUInt16LE(bytes.length - 22 + 10), 2); // 4.3.16: files in all
  const json = bytes.indexOf('{\n  "exported_at"'); // stored, not packed
  const { entries } = JSON.parse(bytes.subarray(json, bytes.indexOf("PK", json)).toString());
  assert.equal(entries[0].values.nom, "L’été");
  assert.equal(entries[0].refused_because, "Trop loin");
  assert.equal(entries[0].files[1].path, "");
  assert.match(entries[0].files[0].path, /^files\/e1\/vue_d_été\.jpg$/);
  assert.ok(bytes.includes(Buffer.from(entries[0].files[0].path)) && bytes.includes(photo));
});
