// Sending through a bad network: what is confirmed to the person exists exactly once.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Api } from "./api";
import type { Definition } from "./definition";
import { Draft } from "./draft";
import { calm, dice, Portal } from "./testportal";
import { Store } from "./store";
import type { Kept, KeptForm, Step } from "./store";
import { steps } from "./store";
import { backoff, fetchForms, send } from "./sync";
import type { Sending } from "./sync";

const form: Definition = {
  id: "f1", version: 3, title: "Fontaines", organisation: { id: "o1", name: "Roques" }, open: true, place: "position", names: ["nom"], screens: "one",
  items: [{ kind: "field", name: "nom", label: "Nom", control: "text" }, { kind: "field", name: "position", label: "Position", control: "point" }, { kind: "field", name: "photo", label: "Photo", control: "photo" }],
};

let databases = 0;

interface World {
  portal: Portal;
  store: Store;
  name: string;
  sending: Sending;
  clock: { ms: number };
}

async function world(seed: number): Promise<World> {
  const random = dice(seed);
  const clock = { ms: Date.parse("2026-07-01T10:00:00Z") };
  const portal = new Portal(form, random, () => clock.ms);
  const name = `test-${++databases}`;
  const store = await Store.open(name);
  const api = new Api("", () => "fr", undefined, portal.fetch, () => clock.ms);
  return { portal, store, name, clock, sending: { store, api, account: { id: "p1", name: "Anne", session: "s1" }, signedIn: true, clock: () => null, now: () => clock.ms, random, changed: () => undefined } };
}

const sha = (b: Uint8Array) => createHash("sha256").update(b).digest("hex");

function entry(n: number, over: Partial<Kept> = {}): Kept {
  return {
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`, account: "p1", form: "f1", formTitle: "Fontaines", title: `Fontaine ${n}`, state: "waiting", change: 1, base: 0, version: 3,
    values: { nom: `Fontaine ${n}` }, files: [], made: Date.parse("2026-07-01T09:00:00Z") + n, offset: null, made_at: "", updated: 0, revisits: "", secret: "", tries: 0, next: 0, error: null, server: null, sent: 0, ...over,
  };
}

async function keep(w: World, n: number, photo = true, over: Partial<Kept> = {}): Promise<Kept> {
  const e = entry(n, over);
  const bytes = new TextEncoder().encode(`photo ${n} ${e.account}`);
  if (photo) {
    e.files = [{ field: "photo", name: `photo-${n}.jpg`, type: "image/jpeg", size: bytes.length, sha256: sha(bytes) }];
    e.values = { ...e.values, photo: `photo-${n}.jpg` };
  }
  await w.store.keep(e, photo ? [{ entry: e.id, sha256: sha(bytes), blob: new Blob([bytes], { type: "image/jpeg" }) }] : []);
  return e;
}

async function rounds(w: World, most: number): Promise<void> {
  for (let i = 0; i < most; i++) {
    w.clock.ms += 400_000;
    await send(w.sending);
    if ((await w.store.entries("p1")).every((e) => e.state !== "waiting")) return;
  }
}

test("an entry with a photo is sent, confirmed, and its photo let go", async () => {
  const w = await world(1);
  const e = await keep(w, 1);
  const r = await send(w.sending);
  assert.deepEqual([r.sent, r.cut, r.signIn], [1, false, false]);
  const kept = await w.store.entry(e.id);
  assert.equal(kept?.state, "sent");
  assert.equal(kept?.base, 1);
  assert.equal(await w.store.file(e.id, e.files[0].sha256), undefined);
  assert.equal(w.portal.entries.get(e.id)?.state, "accepted");
  assert.equal(w.portal.created, 1);
});

test("a hostile network: everything confirmed exists exactly once, nothing unconfirmed is lost", async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const w = await world(seed);
    w.portal.faults = { request: 0.2, answer: 0.2, twice: 0.2, busy: 0.1, foreign: 0.1, cut: 0.1 };
    const all: Kept[] = [];
    for (let n = 1; n <= 6; n++) all.push(await keep(w, n, n % 2 === 0));
    for (let i = 0; i < 200; i++) {
      w.clock.ms += 400_000;
      await send(w.sending);
      if (i === 3) {
        // one is changed here while its first state may be on its way
        await w.store.change(all[0].id, (k) => {
          k.values = { nom: "Fontaine changée" };
          k.change++;
          k.state = "waiting";
        });
      }
      const now = await w.store.entries("p1");
      for (const k of now) {
        if (k.state === "sent") {
          const there = w.portal.entries.get(k.id);
          assert.ok(there && there.state === "accepted", `seed ${seed}: ${k.id} is confirmed and not there`);
        } else for (const f of k.files) assert.ok((await w.store.file(k.id, f.sha256)) || w.portal.bytes.has(f.sha256), `seed ${seed}: a photo is lost`);
      }
      if (i > 5 && now.every((k) => k.state === "sent")) break;
    }
    w.portal.faults = { ...calm };
    await rounds(w, 5);
    const kept = await w.store.entries("p1");
    assert.equal(kept.length, 6);
    assert.deepEqual(kept.map((k) => k.state), Array(6).fill("sent"), `seed ${seed}`);
    assert.equal(w.portal.entries.size, 6);
    assert.equal(w.portal.created, 6);
    assert.equal(w.portal.entries.get(all[0].id)?.values.nom, "Fontaine changée", `seed ${seed}`);
  }
});

test("what the application was doing when it was killed goes on from what is stored", async () => {
  const w = await world(5);
  const e = await keep(w, 1);
  w.portal.faults = { ...calm, answer: 1 };
  await send(w.sending); // it arrives; nobody hears of it
  assert.equal((await w.store.entry(e.id))?.state, "waiting");
  w.store.close();
  const store = await Store.open(w.name);
  w.portal.faults = { ...calm };
  w.clock.ms += 400_000;
  await send({ ...w.sending, store });
  assert.equal((await store.entry(e.id))?.state, "sent");
  assert.equal(w.portal.created, 1);
});

test("where there is no room entries wait with their photos, say why, and leave once there is", async () => {
  const w = await world(8);
  const e = await keep(w, 1);
  w.portal.full = true;
  const told = async () => {
    const r = await send(w.sending, true);
    const kept = await w.store.entry(e.id);
    assert.deepEqual([r.sent, r.cut, kept?.state, kept?.error?.message], [0, false, "waiting", "plus de place"]);
    assert.ok(await w.store.file(e.id, e.files[0].sha256), "the photo is let go");
  };
  await told();
  await told();
  assert.equal(w.portal.entries.size, 0);
  // There is room for the entry, not for its photo.
  w.portal.full = false;
  const { fetch } = w.portal;
  w.sending.api = new Api("", () => "fr", undefined, (address, init) => ((w.portal.full = address.includes("/files/")), fetch(address, init)), () => w.clock.ms);
  await told();
  assert.equal(w.portal.entries.get(e.id)?.state, "incomplete");
  w.sending.api = new Api("", () => "fr", undefined, fetch, () => w.clock.ms);
  w.portal.full = false;
  await rounds(w, 3);
  const kept = await w.store.entry(e.id);
  assert.deepEqual([kept?.state, kept?.error, w.portal.entries.get(e.id)?.state, w.portal.created], ["sent", null, "accepted", 1]);
});

test("a refused entry keeps its content and says why; mended, it is sent", async () => {
  const w = await world(2);
  const e = await keep(w, 1);
  w.portal.refuse = (v) => (v.nom === "Fontaine 1" ? { nom: "Ce nom existe déjà." } : null);
  await send(w.sending);
  let kept = await w.store.entry(e.id);
  assert.equal(kept?.state, "refused");
  assert.deepEqual(kept?.error?.fields, [{ name: "nom", message: "Ce nom existe déjà." }]);
  assert.ok(await w.store.file(e.id, e.files[0].sha256));
  await w.store.change(e.id, (k) => Object.assign(k, { values: { ...k.values, nom: "Fontaine neuve" }, state: "waiting", change: 2 }) && undefined);
  await send(w.sending);
  kept = await w.store.entry(e.id);
  assert.equal(kept?.state, "sent");
  assert.equal(w.portal.entries.get(e.id)?.values.nom, "Fontaine neuve");
});

test("one entry in trouble does not hold back the others", async () => {
  const w = await world(3);
  await keep(w, 1);
  await keep(w, 2);
  w.portal.refuse = (v) => (v.nom === "Fontaine 1" ? { nom: "non" } : null);
  await send(w.sending);
  assert.deepEqual((await w.store.entries("p1")).map((e) => e.state), ["sent", "refused"]);
});

test("two phones change the same entry: the second is asked", async () => {
  const w = await world(4);
  const e = await keep(w, 1, false);
  await send(w.sending);
  const there = w.portal.entries.get(e.id);
  assert.ok(there);
  there.revision = 2;
  there.values = { nom: "de l’autre" };
  there.sent = "";
  await w.store.change(e.id, (k) => Object.assign(k, { values: { nom: "d’ici" }, state: "waiting", change: 2 }) && undefined);
  await send(w.sending);
  const kept = await w.store.entry(e.id);
  assert.equal(kept?.state, "conflict");
  assert.deepEqual([kept?.values.nom, kept?.server?.values.nom], ["d’ici", "de l’autre"]);
});

// The person opens an entry of the phone to change it.
async function opens(w: World, id: string): Promise<Draft> {
  const kept = await w.store.entry(id);
  assert.ok(kept);
  const known: KeptForm = { account: "p1", id: "f1", key: "", tag: "", definition: form, fetched: 0, cursor: "", gone: false, used: 0 };
  return Draft.resume(w.store, known, kept, () => w.clock.ms, "", () => undefined);
}

test("a sent entry that is changed here is on this phone only until it is finished and sent", async () => {
  const w = await world(11);
  const e = await keep(w, 1);
  await send(w.sending);
  await fetchForms(w.sending);
  let draft = await opens(w, e.id);
  assert.equal((await w.store.entry(e.id))?.state, "sent"); // looked at, not changed
  draft.set("nom", "à moit");
  await draft.save();
  // Whatever lets go of what is sent, or follows it, leaves this alone; no round sends it.
  const there = w.portal.entries.get(e.id);
  assert.ok(there);
  w.portal.feed.push(e.id);
  await w.store.makeRoom();
  await w.store.tidy("p1", 0);
  w.clock.ms += 400_000;
  await send(w.sending, true);
  await fetchForms(w.sending);
  const kept = await w.store.entry(e.id);
  assert.deepEqual([kept?.state, kept?.values.nom, kept?.base, kept?.before?.state, there.values.nom], ["draft", "à moit", 1, "sent", "Fontaine 1"]);
  draft = await opens(w, e.id); // after the browser was killed
  draft.set("nom", "à moitié, puis entière");
  assert.ok(await draft.finish());
  await send(w.sending);
  const now = await w.store.entry(e.id);
  assert.deepEqual([now?.state, now?.base, now?.before, w.portal.entries.get(e.id)?.values.nom, w.portal.entries.get(e.id)?.state, w.portal.created], ["sent", 2, null, "à moitié, puis entière", "accepted", 1]);
});

test("an entry that is changed while it is sent is confirmed as it was finished, and goes on from there", async () => {
  const w = await world(12);
  const e = await keep(w, 1);
  const draft = await opens(w, e.id);
  const { fetch } = w.portal;
  w.sending.api = new Api("", () => "fr", undefined, async (address, init) => {
    const answer = await fetch(address, init); // it is on its way back
    if (init.method === "PUT" && draft.entry.change === 1) {
      draft.set("nom", "à moit");
      await draft.save();
    }
    return answer;
  }, () => w.clock.ms);
  await send(w.sending, true);
  await send(w.sending, true);
  draft.set("nom", "entière");
  await draft.save();
  const kept = await w.store.entry(e.id);
  assert.deepEqual([kept?.state, kept?.base, w.portal.entries.get(e.id)?.values.nom], ["draft", 1, "Fontaine 1"]);
  assert.ok(await draft.finish());
  await send(w.sending, true);
  assert.deepEqual([(await w.store.entry(e.id))?.state, w.portal.entries.get(e.id)?.values.nom, w.portal.created], ["sent", "entière", 1]);
});

test("an entry that was confirmed while its page was open is not what it was before", async () => {
  const w = await world(13);
  const e = await keep(w, 1, false);
  const draft = await opens(w, e.id);
  await send(w.sending);
  draft.set("nom", "changée");
  assert.ok(await draft.finish());
  await send(w.sending);
  assert.deepEqual([(await w.store.entry(e.id))?.state, w.portal.entries.get(e.id)?.values.nom, w.portal.entries.get(e.id)?.revision], ["sent", "changée", 2]);
});

test("an entry whose first answer was lost is changed against nobody", async () => {
  const w = await world(14);
  const e = await keep(w, 1, false);
  w.portal.faults = { ...calm, answer: 1 };
  await send(w.sending);
  w.portal.faults = { ...calm };
  const draft = await opens(w, e.id);
  draft.set("nom", "changée");
  assert.ok(await draft.finish());
  await send(w.sending, true);
  await send(w.sending, true);
  assert.deepEqual([(await w.store.entry(e.id))?.state, w.portal.entries.get(e.id)?.values.nom, w.portal.created], ["sent", "changée", 1]);
});

test("changes that are given up bring back what was there, its photo too", async () => {
  const w = await world(15);
  const sent = await keep(w, 1);
  await send(w.sending);
  const waiting = await keep(w, 2);
  for (const e of [sent, waiting]) {
    const draft = await opens(w, e.id);
    draft.set("nom", "à moit");
    await draft.attach("photo", null, true);
    assert.equal((await w.store.entry(e.id))?.state, "draft");
    draft.set("nom", "à moitié");
    await draft.abandon();
    await draft.save(); // the page closes
    const kept = await w.store.entry(e.id);
    assert.deepEqual([kept?.state, kept?.values, kept?.files.length], [e === sent ? "sent" : "waiting", e.values, 1]);
  }
  await send(w.sending, true);
  assert.deepEqual((await w.store.entries("p1")).map((k) => k.state), ["sent", "sent"]);
  assert.deepEqual([w.portal.entries.get(waiting.id)?.state, w.portal.entries.get(waiting.id)?.values, w.portal.entries.get(sent.id)?.revision], ["accepted", waiting.values, 1]);
});

test("the session is over: everything stays, and goes after signing in", async () => {
  const w = await world(6);
  const e = await keep(w, 1);
  const r = await send({ ...w.sending, signedIn: false });
  assert.deepEqual([r.signIn, r.sent], [true, 0]);
  w.portal.session = null;
  assert.equal((await send(w.sending)).signIn, true); // it ended between the question and the sending
  assert.equal((await w.store.entry(e.id))?.state, "waiting");
  w.portal.session = { id: "p1", name: "Anne", session: "s1" };
  await send(w.sending);
  assert.equal((await w.store.entry(e.id))?.state, "sent");
});

test("entries of another account are neither sent nor listed, only counted", async () => {
  const w = await world(7);
  await keep(w, 1, true, { account: "p2" });
  await keep(w, 2, false);
  await send(w.sending);
  assert.equal(w.portal.entries.size, 1);
  assert.deepEqual((await w.store.entries("p1")).map((e) => e.title), ["Fontaine 2"]);
  assert.equal(await w.store.others("p1"), 1);
});

test("forms and what is known of them are fetched, and stay when they are not offered but needed", async () => {
  const w = await world(8);
  await fetchForms(w.sending);
  assert.deepEqual((await w.store.forms("p1")).map((f) => f.definition.title), ["Fontaines"]);
  await keep(w, 1, false);
  await send(w.sending);
  await fetchForms(w.sending);
  assert.equal((await w.store.seen("p1", "f1")).length, 1);
  w.portal.form.title = "Fontaines et puits";
  w.portal.form.version++;
  await fetchForms(w.sending);
  assert.equal((await w.store.forms("p1"))[0].definition.title, "Fontaines et puits");
});

test("an update of the database keeps what was there", async () => {
  const name = "test-update";
  const old = await Store.open(name, undefined, steps);
  const e = entry(1);
  await old.keep(e);
  let asked = false;
  const more: Step[] = [...steps, (db) => void db.createObjectStore("later")];
  old.close();
  const now = await Store.open(name, () => (asked = true), more);
  assert.deepEqual(await now.entry(e.id), e);
  const third = Store.open(name, undefined, [...more, () => undefined]); // another tab brings a newer one
  await third;
  assert.ok(asked);
});

test("waiting times grow, differ between phones and are bounded", () => {
  assert.ok(backoff(0, 0) >= 2500 && backoff(0, 1) <= 5000);
  assert.ok(backoff(3, 0) > backoff(0, 1));
  assert.equal(backoff(50, 1), 300_000);
});

test("what arrives damaged is sent again, within reason", async () => {
  const w = await world(9);
  const e = await keep(w, 1, false);
  const real = w.portal.fetch;
  let broken = 2;
  const api = new Api("", () => "fr", undefined, (address, init) => real(address, init.method === "PUT" && broken-- > 0 ? { ...init, body: (init.body as string).slice(0, 20) } : init), () => w.clock.ms);
  for (let i = 0; i < 4; i++) {
    w.clock.ms += 400_000;
    await send({ ...w.sending, api });
  }
  assert.equal((await w.store.entry(e.id))?.state, "sent");
  broken = 100;
  const lost = await keep(w, 2, false);
  for (let i = 0; i < 10; i++) {
    w.clock.ms += 400_000;
    await send({ ...w.sending, api });
  }
  assert.equal((await w.store.entry(lost.id))?.state, "refused"); // told, not tried for ever
});
