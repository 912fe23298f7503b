// What waits on the phone, as a file: entries.json and the photos, in a zip.
import { downloadZip } from "client-zip";
import type { Kept, Store } from "./store";

export async function exported(store: Store, entries: Kept[], now: Date): Promise<Blob> {
  const parts: { name: string; lastModified: Date; input: Blob | string }[] = [];
  const list = [];
  for (const e of entries) {
    const files = [];
    for (const f of e.files) {
      const kept = await store.file(e.id, f.sha256);
      const name = kept ? `files/${e.id}/${f.name.replace(/[^\p{L}\p{N}._-]+/gu, "_")}` : "";
      if (kept) parts.push({ name, lastModified: now, input: kept.blob });
      files.push({ field: f.field, name: f.name, type: f.type, size: f.size, sha256: f.sha256, path: name });
    }
    list.push({
      id: e.id, form: e.form, form_title: e.formTitle, title: e.title, state: e.state, revision: e.base, version: e.version,
      made_at: e.made_at || new Date(e.made).toISOString(), values: e.values, files, revisits: e.revisits, refused_because: e.error?.message ?? "",
    });
  }
  parts.unshift({ name: "entries.json", lastModified: now, input: JSON.stringify({ exported_at: now.toISOString(), entries: list }, null, 2) });
  return downloadZip(parts).blob();
}
