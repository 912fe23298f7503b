// What a grid asks of the server: the rows, its changes, the changes of others.
import type { Fault, Row } from "./sheet";

// Remote is a row as the server tells it.
export type Remote = { id: string; revision: number; removed: boolean; cells: string[]; faults: Fault[]; by: string; at: string };

export type Answer = { id: string; status: number; row?: Remote; message?: string };

export type Version = { revision: number; cells: string[]; by: string; at: string; removed: boolean };

export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Page = { rows: [string, number, number, string[], [number, string, string, string | null, number][], string, string][]; next: string; more: boolean };

export class Store {
  private readonly address: string; // of the rows: /api/v1/resources/ID/entries
  private cursor = "";

  constructor(address: string) {
    this.address = address;
  }

  // changes gives what is new since it was last asked, a page at a time.
  async *changes(): AsyncGenerator<Remote[]> {
    for (;;) {
      const query = new URLSearchParams({ after: this.cursor, limit: "5000" });
      const page = (await ask(`${this.address}/grid?${query}`)) as Page;
      this.cursor = page.next;
      yield page.rows.map(([id, revision, removed, cells, faults, by, at]) => ({
        id, revision, removed: removed === 1, cells, by, at,
        faults: faults.map(([column, message, hint, repair, safe]) => ({ column, message, hint, repair, safe: safe === 1 })),
      }));
      if (!page.more) return;
    }
  }

  // send writes rows: each has its own answer, in order.
  async send(rows: readonly Row[]): Promise<Answer[]> {
    const body = rows.map((r) => [r.id, r.revision, r.removed ? 1 : 0, r.cells]);
    const answer = (await ask(`${this.address}/grid`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ rows: body }) })) as {
      results: { id: string; status: number; row?: Page["rows"][number]; message?: string }[];
    };
    return answer.results.map((a) => ({
      id: a.id, status: a.status, message: a.message,
      row: a.row && {
        id: a.row[0], revision: a.row[1], removed: a.row[2] === 1, cells: a.row[3], by: a.row[5], at: a.row[6],
        faults: a.row[4].map(([column, message, hint, repair, safe]) => ({ column, message, hint, repair, safe: safe === 1 })),
      },
    }));
  }

  async history(id: string): Promise<Version[]> {
    return ((await ask(`${this.address}/${id}/history?shape=cells`)) as { versions: Version[] }).versions;
  }

  // watch calls when the server has something new; it stops when told.
  watch(news: () => void, alive: (yes: boolean) => void): () => void {
    const source = new EventSource(`${this.address}/events`);
    source.addEventListener("entries", news);
    source.addEventListener("open", () => {
      alive(true);
      news(); // what came while it was closed
    });
    source.addEventListener("error", () => alive(false));
    return () => source.close();
  }
}

async function ask(address: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(address, { ...init, headers: { Accept: "application/json", ...init?.headers }, credentials: "same-origin" });
  const body = (await answer.json().catch(() => null)) as { error?: { message?: string; hint?: string } } | null;
  if (!answer.ok) throw new Refused(answer.status, [body?.error?.message, body?.error?.hint].filter(Boolean).join(" ") || String(answer.status));
  return body;
}
