// What the browser says of the room it gives and whether it may take it back.
import type { Storage } from "./application";

export async function readStorage(): Promise<Storage> {
  if (!navigator.storage?.estimate) return { persisted: null, usage: 0, quota: 0 };
  const [estimate, persisted] = await Promise.all([navigator.storage.estimate(), navigator.storage.persisted?.() ?? null]);
  return { persisted, usage: estimate.usage ?? 0, quota: estimate.quota ?? 0 };
}
