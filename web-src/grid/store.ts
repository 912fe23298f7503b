// What a grid asks of the server: the rows, its changes, the changes of others.
import type { Fault, Row } from "./sheet";

// Remote is a row as the server tells it.
export type Remote = { id: string; revision: number; place: number; removed: boolean; cells: string[]; faults: Fault[]; by: string; at: string };

export type Answer = { id: string; status: number; line?: Remote; message?: string };

export type Version = { revision: number; cells: string[]; by: string; at: string; removed: boolean };

export class Refused extends Error {
  readonly code: string; // the key of the server's message
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

// otherColumns is the code of what the server refuses because the columns of the table
// are not those that the page was drawn with.
export const otherColumns = "collect.line.columns";

const first = 200; // rows of the first page: what is seen comes at once
const most = 5000; // of the others
const shown = 50; // removed rows, which are read one by one

export class Store {
  private readonly table: string; // /api/v1/resources/ID
  private readonly layout: string; // of the columns that the page was drawn with
  private cursor = "";
  private heard = ""; // the newest cursor that the server told of
  private again = true; // something may have been missed

  constructor(table: string, layout: string) {
    this.table = table;
    this.layout = layout;
  }

  // behind reports whether the server may have something that changes has not given.
  get behind(): boolean {
    return this.again || Number(this.heard) > Number(this.cursor);
  }

  // miss says that something may have been lost on the way.
  miss(): void {
    this.again = true;
  }

  // changes gives what is new since it was last asked, a page at a time; when it is
  // asked first, the rows that there are, in their order. While a page is taken in, the
  // next one is on its way. What was not taken in is given again.
  async *changes(): AsyncGenerator<Remote[]> {
    this.again = false;
    let asked = this.page(this.cursor);
    for (;;) {
      const page = await asked;
      if (page.more) {
        asked = this.page(page.next);
        asked.catch(() => undefined); // told where it is awaited
      }
      yield page.lines;
      this.cursor = page.next;
      if (!page.more) return;
    }
  }

  private async page(after: string): Promise<{ lines: Remote[]; next: string; more: boolean }> {
    const query = new URLSearchParams({ layout: this.layout, ...(after ? { after, limit: String(most) } : { limit: String(first) }) });
    return (await ask(`${this.table}/lines?${query}`)) as { lines: Remote[]; next: string; more: boolean };
  }

  // send writes rows: each has its own answer, in order. What this changes on the server
  // is not given by changes again, unless others changed something before it.
  async send(rows: readonly Row[]): Promise<Answer[]> {
    const lines = rows.map((r) => ({ id: r.id, revision: r.revision, removed: r.removed, cells: r.cells }));
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ layout: this.layout, lines }) };
    const answer = (await ask(`${this.table}/lines`, init)) as { results: Answer[]; after: string; next: string };
    if (answer.after === this.cursor) this.cursor = answer.next;
    return answer.results;
  }

  // removed gives rows that were removed, the last one first; after is the next of the page before.
  async removed(after: string): Promise<{ lines: Remote[]; next: string; more: boolean }> {
    const query = new URLSearchParams({ layout: this.layout, limit: String(shown), ...(after && { after }) });
    return (await ask(`${this.table}/lines/removed?${query}`)) as { lines: Remote[]; next: string; more: boolean };
  }

  async history(id: string): Promise<Version[]> {
    return ((await ask(`${this.table}/lines/${id}/history?layout=${this.layout}`)) as { versions: Version[] }).versions;
  }

  // watch calls when the server has something new; it stops when told.
  watch(news: () => void, alive: (yes: boolean) => void): () => void {
    const source = new EventSource(`${this.table}/lines/events`);
    source.addEventListener("lines", (e) => {
      this.heard = (JSON.parse((e as MessageEvent<string>).data) as { cursor: string }).cursor;
      news();
    });
    source.addEventListener("open", () => {
      alive(true);
      this.again = true; // what came while it was closed
      news();
    });
    source.addEventListener("error", () => alive(false));
    return () => source.close();
  }
}

async function ask(address: string, init?: RequestInit): Promise<unknown> {
  const lang = document.documentElement.lang || "fr"; // refusals too are in that of the page
  const answer = await fetch(address, { ...init, headers: { Accept: "application/json", "Accept-Language": lang, ...init?.headers }, credentials: "same-origin" });
  const body = (await answer.json().catch(() => null)) as { error?: { code?: string; message?: string; hint?: string } } | null;
  if (!answer.ok) throw new Refused(body?.error?.code ?? "", [body?.error?.message, body?.error?.hint].filter(Boolean).join(" ") || String(answer.status));
  return body;
}
