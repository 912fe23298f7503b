// What lies around: entries of the server and of this phone, nearest first.
import { metres, place } from "../expression";
import type { Entry } from "./definition";
import type { KeptForm, Store } from "./store";

export interface Near {
  entry: Entry;
  at: [number, number];
  metres: number;
  here: boolean; // on this phone, not sent yet
}

// Everything of a form that has a place, as far as it is known here.
export async function placedOf(store: Store, form: KeptForm): Promise<Near[]> {
  const name = form.definition.place;
  if (!name) return [];
  const out = new Map<string, Near>();
  for (const entry of await store.seen(form.account, form.id)) {
    const at = place(entry.values[name] ?? "");
    if (at && entry.state !== "refused") out.set(entry.id, { entry, at, metres: 0, here: false });
  }
  for (const k of await store.entries(form.account)) {
    if (k.form !== form.id || k.state === "draft") continue;
    const at = place(k.values[name] ?? "");
    if (at) out.set(k.id, { entry: { id: k.id, revision: k.base, state: "waiting", values: k.values, mine: true }, at, metres: 0, here: k.state !== "sent" });
  }
  return [...out.values()];
}

export async function nearby(store: Store, form: KeptForm, from: [number, number], within: number): Promise<Near[]> {
  const all = await placedOf(store, form);
  for (const n of all) n.metres = metres(from, n.at);
  return all.filter((n) => n.metres <= within).sort((a, b) => a.metres - b.metres);
}
