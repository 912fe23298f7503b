// What a grid asks of the server: the rows, its changes, the changes of others.
import type { Fault, Row } from "./sheet";

// Remote is a row as the server tells it.
export type Remote = { id: string; revision: number; place: number; removed: boolean; cells: string[]; faults: Fault[]; by: string; at: string };

export type Answer = { id: string; status: number; line?: Remote; message?: string };

export type Version = { revision: number; cells: string[]; by: string; at: string; removed: boolean };

export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class Store {
  private readonly table: string; // /api/v1/resources/ID
  private cursor = "";

  constructor(table: string) {
    this.table = table;
  }

  // changes gives what is new since it was last asked, a page at a time.
  async *changes(): AsyncGenerator<Remote[]> {
    for (;;) {
      const page = (await ask(`${this.table}/lines?${new URLSearchParams(this.cursor ? { after: this.cursor } : {})}`)) as { lines: Remote[]; next: string; more: boolean };
      this.cursor = page.next;
      yield page.lines;
      if (!page.more) return;
    }
  }

  // send writes rows: each has its own answer, in order.
  async send(rows: readonly Row[]): Promise<Answer[]> {
    const lines = rows.map((r) => ({ id: r.id, revision: r.revision, removed: r.removed, cells: r.cells }));
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ lines }) };
    return ((await ask(`${this.table}/lines`, init)) as { results: Answer[] }).results;
  }

  async history(id: string): Promise<Version[]> {
    return ((await ask(`${this.table}/lines/${id}/history`)) as { versions: Version[] }).versions;
  }

  // watch calls when the server has something new; it stops when told.
  watch(news: () => void, alive: (yes: boolean) => void): () => void {
    const source = new EventSource(`${this.table}/lines/events`);
    source.addEventListener("lines", news);
    source.addEventListener("open", () => {
      alive(true);
      news(); // what came while it was closed
    });
    source.addEventListener("error", () => alive(false));
    return () => source.close();
  }
}

async function ask(address: string, init?: RequestInit): Promise<unknown> {
  const lang = document.documentElement.lang || "fr";
  const url = `${address}${address.includes("?") ? "&" : "?"}lang=${lang}`;
  const answer = await fetch(url, { ...init, headers: { Accept: "application/json", ...init?.headers }, credentials: "same-origin" });
  const body = (await answer.json().catch(() => null)) as { error?: { message?: string; hint?: string } } | null;
  if (!answer.ok) throw new Refused(answer.status, [body?.error?.message, body?.error?.hint].filter(Boolean).join(" ") || String(answer.status));
  return body;
}
