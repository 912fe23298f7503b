// A portal after the contract of the API of forms, in memory, behind a network that
// loses, repeats, delays and cuts: what the tests of sending run against.
import { createHash } from "node:crypto";
import type { Definition, Entry, Values } from "./definition";

export interface Faults {
  request: number; // chance that a request does not arrive
  answer: number; // that its answer does not come back
  twice: number; // that it arrives a second time, later
  busy: number; // that the server says 503
  foreign: number; // that something else answers: a page with status 200
  cut: number; // that the answer stops in the middle
}

export const calm: Faults = { request: 0, answer: 0, twice: 0, busy: 0, foreign: 0, cut: 0 };

interface Held extends Entry {
  sent: string;
}

export class Portal {
  readonly entries = new Map<string, Held>();
  readonly bytes = new Map<string, Uint8Array>();
  readonly feed: string[] = [];
  created = 0;
  requests = 0;
  faults: Faults = { ...calm };
  session: { id: string; name: string; session: string } | null = { id: "p1", name: "Anne", session: "s1" };
  full = false; // the organisation has no room for what is new
  refuse: ((v: Values) => Record<string, string> | null) | null = null;
  private late: (() => Promise<unknown>)[] = [];

  constructor(
    readonly form: Definition,
    private readonly random: () => number,
    public now: () => number = Date.now,
  ) {}

  // What fetch is for the application.
  fetch = async (address: string, init: RequestInit): Promise<Response> => {
    this.requests++;
    const f = this.faults;
    const body = init.body instanceof Blob ? new Uint8Array(await init.body.arrayBuffer()) : ((init.body as string | undefined) ?? "");
    const headers = init.headers as Record<string, string>;
    const arrive = () => this.answer(address, init.method ?? "GET", headers, body, init.credentials !== "omit");
    if (this.late.length && this.random() < 0.3) await this.late.shift()?.();
    if (this.random() < f.request) throw new TypeError("network");
    if (this.random() < f.foreign) return new Response("<html>Wi-Fi</html>", { status: 200, headers: { "Content-Type": "text/html" } });
    if (this.random() < f.busy) return json(503, { error: { message: "occupé", hint: "" } }, { "Retry-After": "1" });
    const answer = await arrive();
    if (this.random() < f.twice) this.late.push(arrive);
    if (this.random() < f.answer) throw new TypeError("network");
    if (this.random() < f.cut && answer.status !== 204 && answer.status !== 304) return new Response((await answer.text()).slice(0, -9), { status: answer.status, headers: answer.headers });
    return answer;
  };

  private answer(address: string, method: string, headers: Record<string, string>, body: string | Uint8Array, member: boolean): Promise<Response> {
    const path = address.split("?")[0];
    const date = { Date: new Date(this.now()).toUTCString() };
    const say = (status: number, value: unknown, more: Record<string, string> = {}) => Promise.resolve(json(status, value, { ...date, ...more }));
    if (path === "/sign-out") {
      this.session = null;
      return Promise.resolve(new Response(null, { status: 303, headers: { ...date, Location: "/" } }));
    }
    if (path === "/terrain/account") return say(200, { account: this.session });
    if (path === "/api/v1/forms") return say(200, { forms: [{ id: this.form.id, version: this.form.version, title: this.form.title, open: true }] });
    if (path === `/api/v1/forms/${this.form.id}`) {
      const tag = `"${this.form.version}"`;
      return headers["If-None-Match"] === tag ? Promise.resolve(new Response(null, { status: 304, headers: date })) : say(200, this.form, { ETag: tag });
    }
    if (path === `/api/v1/forms/${this.form.id}/entries`) return this.list(address, say);
    const m = /\/entries\/([^/]+)(?:\/files\/([0-9a-f]{64}))?$/.exec(path);
    if (!m) return say(404, { error: { message: "inconnu", hint: "" } });
    if (!this.session && member) return say(401, { error: { message: "session", hint: "" } });
    const held = this.entries.get(m[1]);
    if (m[2]) return this.putFile(held, m[2], body as Uint8Array, say);
    if (method === "GET") return held ? say(200, wire(held)) : say(404, { error: { message: "inconnu", hint: "" } });
    let sent: Sent;
    try {
      sent = JSON.parse(body as string) as Sent;
    } catch {
      return say(400, { error: { message: "illisible", hint: "" } });
    }
    return this.put(m[1], held, sent, say);
  }

  private list(address: string, say: Say): Promise<Response> {
    const after = Number(new URLSearchParams(address.split("?")[1]).get("after") ?? 0);
    const ids = [...new Set(this.feed.slice(after))];
    return say(200, { entries: ids.map((id) => wire(this.entries.get(id) as Held)), next: String(this.feed.length) });
  }

  private put(id: string, held: Held | undefined, sent: Sent, say: Say): Promise<Response> {
    const fields = this.refuse?.(sent.values);
    if (fields) return say(422, { error: { message: "refusée", hint: "corrigez", fields: Object.entries(fields).map(([name, message]) => ({ name, message })) } });
    if (!held && this.full) return noRoom(say);
    const said = JSON.stringify([sent.values, sent.files.map((f) => f.sha256)]);
    if (held && held.sent === said && (sent.revision === held.revision || sent.revision === held.revision - 1)) return say(200, wire(held));
    if (held && held.revision !== sent.revision) return say(409, { error: { message: "changée", hint: "" }, entry: wire(held) });
    if (!held && sent.revision !== 0) return say(404, { error: { message: "inconnu", hint: "" } });
    if (!held) this.created++;
    const e: Held = { id, revision: (held?.revision ?? 0) + 1, state: "accepted", values: sent.values, files: sent.files, made_at: sent.made_at, changed_at: new Date(this.now()).toISOString(), mine: true, revisits: sent.revisits, sent: said };
    this.entries.set(id, e);
    this.settle(e);
    return say(held ? 200 : 201, wire(e));
  }

  private putFile(held: Held | undefined, sha: string, body: Uint8Array, say: Say): Promise<Response> {
    if (!held?.files?.some((f) => f.sha256 === sha)) return say(404, { error: { message: "inconnu", hint: "" } });
    if (createHash("sha256").update(body).digest("hex") !== sha) return say(422, { error: { message: "autre contenu", hint: "" } });
    if (this.full) return noRoom(say);
    this.bytes.set(sha, body);
    this.settle(held);
    return Promise.resolve(new Response(null, { status: 204 }));
  }

  private settle(e: Held): void {
    for (const f of e.files ?? []) f.received = this.bytes.has(f.sha256);
    e.state = (e.files ?? []).every((f) => f.received) ? "accepted" : "incomplete";
    this.feed.push(e.id);
  }
}

const noRoom = (say: Say) => say(413, { error: { code: "collect.full", message: "plus de place", hint: "prévenez" } });

type Say = (status: number, value: unknown, more?: Record<string, string>) => Promise<Response>;

interface Sent {
  revision: number;
  made_at: string;
  values: Values;
  files: NonNullable<Entry["files"]>;
  revisits: string;
}

function wire({ sent: _, ...e }: Held): Entry {
  return structuredClone(e);
}

function json(status: number, value: unknown, headers: Record<string, string>): Response {
  return new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json", ...headers } });
}

// Chance that is the same in each run (mulberry32).
export function dice(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}
