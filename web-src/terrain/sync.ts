// Sending what waits on the phone, and fetching what is needed without network.
// One round at a time for all tabs and the worker (the caller holds a lock). A round
// may stop anywhere, at any time: the next one begins again from what is stored.
import { Cut, Refused } from "./api";
import type { Account, Api, Caller } from "./api";
import { madeAt } from "./clock";
import type { Clock } from "./clock";
import { nameOf, namesOf } from "./definition";
import type { Entry, Values } from "./definition";
import { NOBODY } from "./store";
import type { Kept, KeptForm, Refusal, Store } from "./store";

export const bounds = { forms: 100, seen: 5000, pages: 20, page: 500, sent: 200 };
const longest = 300_000; // ms between two tries

// What a round found.
export interface Round {
  cut: boolean; // no network, or no answer of the portal
  signIn: boolean; // the session is over: what waits stays
  next: number; // ms until another try is due; 0: nothing waits
  sent: number;
}

export type Wait = (tries: number, random: number) => number;

// Half of the time is chance, so that phones that lost the network together do not come back together.
export const backoff: Wait = (tries, random) => Math.min(longest, 5000 * 2 ** Math.min(tries, 10)) * (0.5 + random / 2);

export interface Sending {
  store: Store;
  api: Api;
  account: Account | null; // whose part is sent, beside that of nobody
  signedIn: boolean; // the server knows the account's session
  clock: () => Clock | null;
  now: () => number;
  random: () => number;
  changed: () => void; // something to show has changed
}

// Sends what waits. Never throws for what the network or the server do.
export async function send(s: Sending, force = false): Promise<Round> {
  const round: Round = { cut: false, signIn: false, next: 0, sent: 0 };
  const parts = s.account ? [s.account.id, NOBODY] : [NOBODY];
  for (const part of parts) {
    const waiting = (await s.store.entries(part)).filter((e) => e.state === "waiting").reverse();
    if (!waiting.length) continue;
    if (part !== NOBODY && !s.signedIn) {
      round.signIn = true;
      continue;
    }
    for (const e of waiting) {
      const due = e.next - s.now();
      if (due > 0 && due <= longest && !force) {
        soon(round, due);
        continue;
      }
      if (round.cut) break;
      await one(s, e, round);
    }
  }
  return round;
}

function soon(round: Round, ms: number): void {
  round.next = round.next ? Math.min(round.next, ms) : ms;
}

async function one(s: Sending, e: Kept, round: Round): Promise<void> {
  try {
    await deliver(s, e);
    round.sent++;
  } catch (err) {
    if (err instanceof Changed) return soon(round, 1);
    if (err instanceof Refused && err.status === 401 && e.account !== NOBODY) {
      round.signIn = true;
      return;
    }
    if (err instanceof Refused && err.status === 409 && err.entry) return conflict(s, e, err.entry, round);
    const why = err instanceof Refused && noRoom(err.refusal) ? err.refusal : null;
    if (err instanceof Refused && !why && !passing(err.status) && !(err.status === 400 && e.tries < damaged)) return refused(s, e, err);
    const trouble = err instanceof Cut || err instanceof Refused;
    if (!trouble) throw err;
    round.cut = err instanceof Cut;
    const wait = why ? longest : Math.max(backoff(e.tries, s.random()), err instanceof Refused ? err.after * 1000 : 0);
    await s.store.change(e.id, (k) => {
      if (k.change !== e.change) return false;
      k.tries++;
      k.error = why;
      k.next = s.now() + Math.min(wait, longest);
    });
    soon(round, Math.min(wait, longest));
  } finally {
    s.changed();
  }
}

// The organisation has no room left: nothing is wrong with the entry, which waits, says
// why, and leaves by itself once there is room.
const noRoom = (r: Refusal) => r.code === "collect.full" || !!r.code?.startsWith("catalogue.quota.");

const passing = (status: number) => status >= 500 || status === 408 || status === 425 || status === 429;

// The entry was changed here while it was sent.
class Changed extends Error {}

async function caller(s: Sending, e: Kept): Promise<Caller> {
  const form = await s.store.form(e.account, e.form);
  return { guest: e.account === NOBODY, key: form?.key ?? "", secret: e.secret };
}

// Brings one entry to the server, its files after it, and asks at the end whether
// all is there: only that confirms it.
async function deliver(s: Sending, e: Kept): Promise<void> {
  const c = await caller(s, e);
  // The moment is fixed before the first sending, so that a second one is the same.
  const made_at = e.made_at || madeAt(e.made, e.offset, s.clock(), s.now());
  if (!e.made_at || !wasTried(e, e.values)) {
    await s.store.change(e.id, (k) => {
      k.made_at ||= made_at;
      k.tried = [...(k.tried ?? []), e.values];
    });
  }
  const files = e.files.map(({ field, name, type, size, sha256 }) => ({ field, name, type, size, sha256 }));
  let answer = await s.api.put(e.form, e.id, { revision: e.base, version: e.version, made_at, values: e.values, files, revisits: e.revisits }, c);
  const missing = (answer.files ?? []).filter((f) => !f.received);
  for (const f of missing) {
    const kept = await s.store.file(e.id, f.sha256);
    if (kept) await deliverFile(s, e, f.sha256, kept.blob, c);
  }
  if (missing.length) answer = await s.api.entry(e.form, e.id, c);
  await confirm(s, e, answer);
  if (answer.state === "incomplete" && missing.length) throw new Refused(503, { status: 503, message: "", hint: "", fields: [] }, 0, null);
}

const damaged = 5; // times that something may arrive otherwise than it left

// A file that arrived damaged is sent again, within reason.
async function deliverFile(s: Sending, e: Kept, sha256: string, blob: Blob, c: Caller): Promise<void> {
  try {
    await s.api.putFile(e.form, e.id, sha256, blob, c);
  } catch (err) {
    if (err instanceof Refused && err.status === 422 && e.tries < damaged) throw new Cut();
    throw err;
  }
}

async function confirm(s: Sending, e: Kept, answer: Entry): Promise<void> {
  let changedHere = false;
  const whole = answer.state !== "incomplete";
  await s.store.change(
    e.id,
    (k) => {
      k.server = answer;
      k.base = k.mine = answer.revision;
      k.tried = [];
      changedHere = k.change !== e.change;
      if (changedHere) return;
      k.error = null;
      k.tries = 0;
      k.next = 0;
      if (!whole) return;
      k.state = "sent";
      k.sent = s.now();
    },
    false,
  );
  if (changedHere) throw new Changed();
  if (whole) await s.store.change(e.id, (k) => k.state === "sent" && k.change === e.change, true);
}

// Another revision is on the server. If it says what this one says, or what was sent
// before it was changed here, it is ours: its answer was lost. If not, the person decides.
async function conflict(s: Sending, e: Kept, now: Entry, round: Round): Promise<void> {
  if (now.state !== "removed" && same(e.values, now.values) && sameFiles(e, now)) {
    await s.store.change(e.id, (k) => {
      k.base = k.mine = now.revision;
      k.server = now;
      if (k.change === e.change && now.state !== "incomplete") {
        k.state = "sent";
        k.sent = s.now();
      }
    });
    if (now.state === "incomplete") soon(round, 1);
    else round.sent++;
    return;
  }
  const ours = now.state !== "removed" && wasTried(e, now.values);
  await s.store.change(e.id, (k) => {
    k.server = now;
    if (ours) k.base = k.mine = now.revision;
    else if (k.change === e.change) k.state = "conflict";
  });
  if (ours) soon(round, 1);
}

async function refused(s: Sending, e: Kept, err: Refused): Promise<void> {
  await s.store.change(e.id, (k) => {
    if (k.change !== e.change) return false;
    k.state = "refused";
    k.error = err.refusal;
  });
}

function same(a: Values, b: Values): boolean {
  const filled = (v: Values) => Object.entries(v).filter(([, t]) => t !== "");
  const left = filled(a);
  return left.length === filled(b).length && left.every(([k, t]) => b[k] === t);
}

function wasTried(e: Kept, values: Values): boolean {
  return (e.tried ?? []).some((t) => same(t, values));
}

function sameFiles(e: Kept, now: Entry): boolean {
  const there = new Set((now.files ?? []).map((f) => f.sha256));
  return e.files.length === there.size && e.files.every((f) => there.has(f.sha256));
}

// fetching

// Brings the forms that this account may fill in, and what is known of their
// entries, to the phone. Throws Cut and Refused.
export async function fetchForms(s: Sending): Promise<void> {
  const part = s.account && s.signedIn ? s.account.id : s.account ? null : NOBODY;
  if (part === null) return; // the session is over: what is here stays as it is
  const list = (await s.api.forms(part === NOBODY)).slice(0, bounds.forms);
  const kept = new Map((await s.store.forms(part)).map((f) => [f.id, f]));
  for (const line of list) {
    await definition(s, part, line.id, kept.get(line.id));
    kept.delete(line.id);
  }
  for (const f of kept.values()) {
    if (f.key) await definition(s, part, f.id, f);
    else await left(s, f);
  }
  for (const f of await s.store.forms(part)) if (!f.gone) await fetchEntries(s, f);
  await s.store.tidy(part, bounds.sent);
}

// A form that is no longer offered stays as long as something of it is unsent.
async function left(s: Sending, f: KeptForm): Promise<void> {
  const mine = (await s.store.entries(f.account)).some((e) => e.form === f.id && e.state !== "sent");
  if (mine) await s.store.changeForm(f.account, f.id, (k) => void (k.gone = true));
  else await s.store.removeForm(f.account, f.id);
  s.changed();
}

async function definition(s: Sending, part: string, id: string, kept?: KeptForm): Promise<void> {
  try {
    const got = await s.api.form(id, kept?.gone ? "" : (kept?.tag ?? ""), { guest: part === NOBODY, key: kept?.key ?? "", secret: "" });
    if (!got) return;
    const { tag, definition } = got;
    await s.store.putForm({ account: part, id, key: kept?.key ?? "", tag, definition, fetched: s.now(), cursor: kept?.cursor ?? "", gone: false, used: kept?.used ?? 0 });
    s.changed();
  } catch (err) {
    if (!(err instanceof Refused) || passing(err.status) || err.status === 401) throw err;
    if (kept) await left(s, kept);
  }
}

// Adds a form by its address and key, as links and QR codes give them.
export async function addForm(s: Sending, id: string, key: string): Promise<KeptForm> {
  const part = s.account ? s.account.id : NOBODY;
  const { definition, tag } = (await s.api.form(id, "", { guest: part === NOBODY, key, secret: "" })) ?? {};
  if (!definition) throw new Cut();
  const form: KeptForm = { account: part, id, key, tag: tag ?? "", definition, fetched: s.now(), cursor: "", gone: false, used: s.now() };
  await s.store.putForm(form);
  await fetchEntries(s, form).catch((e: unknown) => {
    if (!(e instanceof Cut) && !(e instanceof Refused)) throw e;
  });
  s.changed();
  return form;
}

export async function fetchEntries(s: Sending, f: KeptForm): Promise<void> {
  let cursor = f.cursor;
  for (let i = 0; i < bounds.pages; i++) {
    const page = await s.api.entries(f.id, cursor, bounds.page, { guest: f.account === NOBODY, key: f.key, secret: "" });
    if (!page.next || page.next === cursor) return;
    await s.store.learn(f.account, f.id, page.entries, page.next, bounds.seen);
    cursor = page.next;
    if (!page.entries.length) return;
    await follow(s, f.account, page.entries);
    s.changed();
  }
}

// What became, on the server, of entries that this phone has sent: accepted, refused by a moderator.
async function follow(s: Sending, part: string, entries: Entry[]): Promise<void> {
  const own = new Set((await s.store.entries(part)).map((e) => e.id));
  for (const now of entries) {
    if (!own.has(now.id)) continue;
    await s.store.change(now.id, (k) => {
      if (k.state !== "sent" || now.revision < k.base) return false;
      k.server = now;
      k.base = now.revision;
      k.values = now.values;
    });
  }
}

// A title for lists.
export function titleOf(f: KeptForm, values: Values, fallback: string): string {
  const known = namesOf(f.definition);
  return nameOf(f.definition, Object.fromEntries(Object.entries(values).filter(([k]) => known.has(k)))) || fallback;
}
