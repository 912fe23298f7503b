// The server, as the field application asks it. Whatever is not an answer of the
// portal itself (no network, a page of a hotel's Wi-Fi, a proxy) is Cut: nothing
// is concluded from it.
import type { Proposal } from "../entry/combobox";
import type { Attached, Definition, Entry, Values } from "./definition";
import type { Refusal } from "./store";

export class Cut extends Error {}

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
    readonly after: number, // seconds that the server asks to wait
    readonly entry: Entry | null, // with 409: as it is now
  ) {
    super(refusal.message);
  }
}

export interface Account {
  id: string;
  name: string;
  session: string; // a mark of this session, which opens nothing
}

export interface FormLine {
  id: string;
  version: number;
  title: string;
  open: boolean;
}

export interface Sent {
  revision: number;
  version: number;
  made_at: string;
  values: Values;
  files: Attached[];
  revisits: string;
}

export interface Caller {
  guest: boolean; // without the session of who has signed in
  key: string;
  secret: string; // made here: the same at each sending
}

const member: Caller = { guest: false, key: "", secret: "" };

interface Asking extends Partial<Caller> {
  method?: string;
  body?: BodyInit;
  type?: string;
  tag?: string;
  size?: number;
  signal?: AbortSignal; // ends the request before its time
}

type Fetch = (address: string, init: RequestInit) => Promise<Response>;
type Listener = (date: string | null, asked: number, came: number) => void;

export class Api {
  constructor(
    private readonly base: string,
    private readonly language: () => string,
    private readonly told: Listener = () => undefined,
    private readonly send: Fetch = (a, i) => fetch(a, i),
    private readonly now: () => number = Date.now,
  ) {}

  private async ask(path: string, a: Asking = {}): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": this.language() };
    if (a.type) headers["Content-Type"] = a.type;
    if (a.key) headers["Socle-Form-Key"] = a.key;
    if (a.secret) headers["Socle-Entry-Secret"] = a.secret;
    if (a.tag) headers["If-None-Match"] = a.tag;
    const asked = this.now();
    let answer: Response;
    try {
      answer = await this.send(this.base + path, {
        method: a.method ?? "GET", headers, body: a.body, credentials: a.guest ? "omit" : "same-origin", cache: "no-store", redirect: "error",
        signal: sooner(AbortSignal.timeout(30_000 + Math.ceil((a.size ?? 0) / 4)), a.signal), // a slow line carries 4 bytes in a millisecond
      });
    } catch {
      throw new Cut();
    }
    this.told(answer.headers.get("Date"), asked, this.now());
    if (answer.ok || answer.status === 304) return answer;
    throw await refusal(answer);
  }

  private async json<T>(answer: Response): Promise<T> {
    if (!/^application\/json/.test(answer.headers.get("Content-Type") ?? "")) throw new Cut();
    try {
      return (await answer.json()) as T;
    } catch {
      throw new Cut(); // it stopped in the middle
    }
  }

  // Who has signed in; null: nobody.
  async account(): Promise<Account | null> {
    const { account } = await this.json<{ account: Account | null }>(await this.ask("/terrain/account"));
    if (account !== null && (typeof account?.id !== "string" || typeof account.session !== "string")) throw new Cut();
    return account;
  }

  // Ends the session of the portal. That it has ended is not concluded from the answer:
  // account says so.
  async signOut(): Promise<void> {
    try {
      await this.send(`${this.base}/sign-out`, { method: "POST", redirect: "manual", cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(30_000) });
    } catch {
      throw new Cut();
    }
  }

  async forms(guest: boolean): Promise<FormLine[]> {
    const { forms } = await this.json<{ forms: FormLine[] }>(await this.ask("/api/v1/forms", { guest }));
    if (!Array.isArray(forms)) throw new Cut();
    return forms;
  }

  // A definition with its tag; null when it is still the one of the tag given.
  async form(id: string, tag: string, c: Caller = member): Promise<{ definition: Definition; tag: string } | null> {
    const answer = await this.ask(`/api/v1/forms/${encodeURIComponent(id)}`, { ...c, tag });
    if (answer.status === 304) return null;
    const definition = await this.json<Definition>(answer);
    if (definition.id !== id || !Array.isArray(definition.items)) throw new Cut();
    return { definition, tag: answer.headers.get("ETag") ?? "" };
  }

  async entries(form: string, after: string, limit: number, c: Caller = member): Promise<{ entries: Entry[]; next: string }> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (after) query.set("after", after);
    const page = await this.json<{ entries: Entry[]; next: string }>(await this.ask(`/api/v1/forms/${encodeURIComponent(form)}/entries?${query}`, c));
    if (!Array.isArray(page.entries)) throw new Cut();
    return page;
  }

  async entry(form: string, id: string, c: Caller = member): Promise<Entry> {
    return confirmed(id, await this.json<Entry>(await this.ask(this.path(form, id), c)));
  }

  // Sends an entry; sending the same again is the same entry.
  async put(form: string, id: string, sent: Sent, c: Caller = member): Promise<Entry> {
    const body = JSON.stringify(sent);
    return confirmed(id, await this.json<Entry>(await this.ask(this.path(form, id), { ...c, method: "PUT", body, type: "application/json", size: body.length })));
  }

  async putFile(form: string, id: string, sha256: string, blob: Blob, c: Caller = member): Promise<void> {
    const answer = await this.ask(`${this.path(form, id)}/files/${sha256}`, { ...c, method: "PUT", body: blob, type: blob.type || "application/octet-stream", size: blob.size });
    if (answer.status !== 204) throw new Cut();
  }

  private path(form: string, id: string): string {
    return `/api/v1/forms/${encodeURIComponent(form)}/entries/${encodeURIComponent(id)}`;
  }

  // What completes an answer: the page of the form proposes it.
  async proposals(page: string, kind: string, q: string, guest: boolean, signal?: AbortSignal): Promise<Proposal[]> {
    const { proposals } = await this.json<{ proposals: Proposal[] }>(await this.ask(`${page}/propositions?${new URLSearchParams({ kind, q })}`, { guest, signal }));
    if (!Array.isArray(proposals)) throw new Cut();
    return proposals;
  }

  // A list of the territory; null when it is still the one of the tag given.
  async list<T>(path: string, tag: string): Promise<{ value: T; tag: string } | null> {
    const answer = await this.ask(path, { tag });
    if (answer.status === 304) return null;
    return { value: await this.json<T>(answer), tag: answer.headers.get("ETag") ?? "" };
  }
}

// The first of two ends (AbortSignal.any is not in every browser that is served).
function sooner(time: AbortSignal, other?: AbortSignal): AbortSignal {
  if (!other) return time;
  const both = new AbortController();
  for (const s of [time, other]) {
    if (s.aborted) both.abort();
    s.addEventListener("abort", () => both.abort());
  }
  return both.signal;
}

// Only the entry itself, with a revision, is a confirmation.
function confirmed<T extends Entry>(id: string, e: T): T {
  if (e?.id !== id || !Number.isInteger(e.revision) || e.revision < 1) throw new Cut();
  return e;
}

async function refusal(answer: Response): Promise<Error> {
  const after = Number(answer.headers.get("Retry-After")) || 0;
  type Body = { error?: { code?: string; message?: string; hint?: string; fields?: { name?: string; message?: string }[] }; entry?: Entry };
  let body: Body;
  try {
    body = JSON.parse(await answer.text()) as Body;
  } catch {
    body = {};
  }
  if (!body.error) return answer.status === 429 || answer.status >= 500 ? new Refused(answer.status, { status: answer.status, message: "", hint: "", fields: [] }, after, null) : new Cut();
  const fields = (body.error.fields ?? []).map((f) => ({ name: f.name ?? "", message: f.message ?? "" }));
  return new Refused(answer.status, { status: answer.status, code: body.error.code, message: body.error.message ?? "", hint: body.error.hint ?? "", fields }, after, body.entry ?? null);
}
