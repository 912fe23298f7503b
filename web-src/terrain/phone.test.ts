// When the phone sends: what is finished during a round is not left behind.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Definition } from "./definition";
import { Phone } from "./phone";
import { Store } from "./store";
import type { Kept } from "./store";
import { dice, Portal } from "./testportal";

const form: Definition = { id: "f1", version: 3, title: "Fontaines", organisation: { id: "o1", name: "Roques" }, open: true, place: "", names: ["nom"], screens: "one", items: [{ kind: "field", name: "nom", label: "Nom", control: "text" }] };

function waiting(n: number): Kept {
  return {
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`, account: "p1", form: "f1", formTitle: "Fontaines", title: `Fontaine ${n}`, state: "waiting", change: 1, base: 0, version: 3,
    values: { nom: `Fontaine ${n}` }, files: [], made: 0, offset: null, made_at: "", updated: 0, revisits: "", secret: "", tries: 0, next: 0, error: null, server: null, sent: 0,
  };
}

Reflect.deleteProperty(globalThis, "BroadcastChannel"); // there is one tab

let held = false;
const locks = {
  request: async (_: string, __: object, run: (lock: unknown) => Promise<void>): Promise<void> => {
    if (held) return run(null);
    held = true;
    try {
      await run({});
    } finally {
      held = false;
    }
  },
};
Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });

test("an entry that is finished while a round fetches is sent by the next one, at once", async () => {
  const portal = new Portal(form, dice(7));
  const store = await Store.open("test-phone");
  const phone = new Phone(store, { now: Date.now, random: dice(8), language: () => "fr", signedOut: () => 0 }, () => undefined);
  const sentBefore = globalThis.fetch;
  let second: Promise<void> | undefined;
  globalThis.fetch = (async (address: string, init: RequestInit) => {
    if (address.startsWith("/api/v1/forms/f1/entries?") && !second) {
      // Where nothing is sent any more: the person finishes another entry.
      await store.keep(waiting(2), []);
      second = phone.round(true);
      await second;
    }
    return portal.fetch(address, init);
  }) as typeof fetch;
  try {
    await store.keep(waiting(1), []);
    await phone.round(true);
    assert.ok(second);
    assert.deepEqual((await store.entries("p1")).map((e) => e.state), ["sent", "sent"]);
    assert.equal(portal.created, 2);
    assert.equal(phone.line.busy, false);
  } finally {
    globalThis.fetch = sentBefore;
    store.close();
  }
});

test("who left without network stays away: their session ends before the phone is anybody's", async () => {
  const portal = new Portal(form, dice(9));
  const store = await Store.open("test-phone-left");
  let now = Date.parse("2026-07-01T10:00:00Z");
  const open = async () => {
    const phone = new Phone(store, { now: () => ++now, random: dice(10), language: () => "fr", signedOut: () => 0 }, () => undefined);
    await phone.recall();
    return phone;
  };
  const sentBefore = globalThis.fetch;
  const cutAt = new Set<string>();
  const ended: string[] = [];
  globalThis.fetch = (async (address: string, init: RequestInit) => {
    if (cutAt.has(address)) throw new TypeError("network");
    if (address === "/sign-out") ended.push(portal.session?.session ?? "");
    return portal.fetch(address, init);
  }) as typeof fetch;
  try {
    let phone = await open();
    await store.keep(waiting(1), []);
    await store.setMeta("account", portal.session); // as she was known here
    await phone.recall();
    assert.equal(phone.part(), "p1");
    await phone.leave();
    phone = await open(); // the browser was closed
    cutAt.add("/sign-out");
    await phone.round(true);
    assert.deepEqual([phone.part(), phone.line.others, portal.created, ended], ["", 1, 0, []]);
    cutAt.clear();
    await phone.round(true);
    assert.deepEqual([phone.part(), phone.line.others, portal.created, portal.session, ended], ["", 1, 0, null, ["s1"]]);
    portal.session = { id: "p1", name: "Anne", session: "s2" }; // she comes back
    await phone.round(true);
    assert.deepEqual([phone.part(), portal.created, ended], ["p1", 1, ["s1"]]);
    // Another session than the one that was left is nobody's to end.
    await phone.leave();
    portal.session = { id: "p2", name: "Luc", session: "s3" };
    await phone.round(true);
    assert.deepEqual([phone.part(), ended], ["p2", ["s1"]]);
  } finally {
    globalThis.fetch = sentBefore;
    store.close();
  }
});
