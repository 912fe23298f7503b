// Saves continuously: what changes here goes to the server in order, a few tenths of
// a second later; what others change comes here. Nothing is forgotten before the server has it.
import type { Row, Sheet } from "./sheet";
import { same } from "./sheet";
import type { Answer, Remote, Store } from "./store";
import { Refused, otherColumns } from "./store";

export type Both = { row: Row; column: number; theirs: string; mine: string; by: string; at: string };

// State is how things stand between the page and the server. Refused rows are here
// alone until they are changed or sent again; the server said why. Once the columns have
// changed it is stopped: the cells of the page are of others, nothing leaves any more.
export type State = { waiting: number; refused: ReadonlyMap<Row, string>; trouble: string; live: boolean; stopped: boolean };

export type Watcher = {
  loaded(rows: number, all: boolean): void; // rows are there for the first time
  state(s: State): void;
  shown(rows: readonly Row[], news: Map<Row, number[]>, by: string): void; // rows to draw again
  both(list: Both[]): void; // cells that two people changed
};

const pause = 250; // ms between a change and its sending, while one types
const many = 100; // rows that change at once: nobody types them
const most = 10_000; // rows in one sending
const largest = 8_000_000; // characters in the cells of one sending
const longest = 30_000; // ms between two tries

export class Saver {
  private readonly waiting = new Set<Row>();
  private readonly refused = new Map<Row, string>(); // and why
  private readonly lost = new Map<Row, string[]>(); // sent, but no answer came
  private timer = 0;
  private busy = false;
  private whole = false; // all rows have been loaded once
  private tries = 0;
  private trouble = "";
  private live = true;
  private stopped = false;
  private readonly end: () => void;
  private readonly sheet: Sheet;
  private readonly store: Store;
  private readonly watcher: Watcher;

  constructor(sheet: Sheet, store: Store, watcher: Watcher) {
    this.sheet = sheet;
    this.store = store;
    this.watcher = watcher;
    this.end = store.watch(
      () => void this.turn(),
      (live) => {
        this.live = live;
        this.tell();
      },
    );
  }

  // unsaved are the rows that the server does not have as they are here.
  get unsaved(): Row[] {
    return [...this.waiting, ...this.refused.keys()].filter((r) => !r.removed || r.revision > 0);
  }

  add(rows: Iterable<Row>): void {
    let n = 0;
    for (const r of rows) {
      this.refused.delete(r);
      this.waiting.add(r);
      n++;
    }
    this.tell();
    this.soon(n < many ? pause : 0);
  }

  // again sends what the server refused once more.
  again(): void {
    this.add([...this.refused.keys()]);
  }

  close(): void {
    clearTimeout(this.timer);
    this.end();
  }

  // now tries at once: the network is back, the page is about to close.
  now(): Promise<void> {
    clearTimeout(this.timer);
    return this.turn();
  }

  private soon(wait: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.turn(), wait);
  }

  private async turn(): Promise<void> {
    if (this.busy || this.stopped) return;
    this.busy = true;
    try {
      while (this.store.behind || this.waiting.size > 0) {
        if (this.store.behind) {
          for await (const page of this.store.changes()) this.take(page);
          this.ready();
        }
        if (this.waiting.size > 0) await this.send();
        this.tries = 0;
        this.trouble = "";
      }
    } catch (e) {
      this.store.miss(); // what was lost on the way is asked again
      this.trouble = e instanceof Refused ? e.message : "";
      this.tries++;
      this.stopped = e instanceof Refused && e.code === otherColumns;
      if (this.stopped) this.close();
      else this.soon(Math.min(longest, 500 * 2 ** this.tries));
    } finally {
      this.busy = false;
      this.tell();
    }
  }

  private async send(): Promise<void> {
    const sent = this.next().map((r) => ({ row: r, cells: r.cells.slice(), removed: r.removed }));
    const gone = sent.filter((s) => s.removed && s.row.revision === 0); // never was on the server
    for (const s of gone) this.waiting.delete(s.row);
    const rest = sent.filter((s) => !(s.removed && s.row.revision === 0));
    if (rest.length === 0) return;
    for (const s of rest) this.lost.set(s.row, s.cells);
    const answers = await this.store.send(rest.map((s) => s.row));
    for (const s of rest) this.lost.delete(s.row);
    const byId = new Map(answers.map((a) => [a.id, a]));
    const drawn: Row[] = [];
    for (const s of rest) {
      const a = byId.get(s.row.id);
      if (!a) continue;
      if (this.settle(s.row, s.cells, s.removed, a)) drawn.push(s.row);
    }
    this.watcher.shown(drawn, new Map(), "");
  }

  // next are the rows of the next sending.
  private next(): Row[] {
    const rows: Row[] = [];
    let size = 0;
    for (const r of this.waiting) {
      for (const c of r.cells) size += c.length;
      if (rows.length === most || (rows.length > 0 && size > largest)) break;
      rows.push(r);
    }
    return rows;
  }

  // take brings in a page: the first time, the rows that there are.
  private take(page: readonly Remote[]): void {
    if (this.whole) return this.arrive(page);
    this.sheet.load(page.map((r): Row => ({ id: r.id, revision: r.revision, cells: r.cells, faults: r.faults, base: null, removed: r.removed })));
    this.watcher.loaded(this.sheet.count, false);
  }

  private ready(): void {
    if (this.whole) return;
    this.whole = true;
    this.sheet.settle();
    this.watcher.loaded(this.sheet.count, true);
  }

  // settle takes the answer for one row.
  private settle(row: Row, cells: string[], removed: boolean, a: Answer): boolean {
    if (a.status === 409 && a.line && a.line.revision > row.revision) {
      this.arrive([a.line]); // merged with what is here, then sent again
      return false;
    }
    if (a.status >= 400 || !a.line) {
      this.waiting.delete(row);
      this.refused.set(row, a.message ?? String(a.status));
      return true;
    }
    this.sheet.saved(row, a.line.revision, cells, a.line.cells, a.line.faults);
    if (!row.base && row.removed === removed) this.waiting.delete(row);
    return true;
  }

  private arrive(page: readonly Remote[]): void {
    const both: Both[] = [];
    const drawn: Row[] = [];
    const news = new Map<Row, number[]>();
    let by = "";
    for (const r of page) {
      const row = this.sheet.row(r.id);
      const sent = row && this.lost.get(row);
      if (row && sent && r.revision > row.revision && same(sent, r.cells)) {
        this.lost.delete(row);
        this.sheet.saved(row, r.revision, sent, r.cells, r.faults); // it had arrived: only its answer was lost
        if (!row.base && row.removed === r.removed) this.waiting.delete(row);
        drawn.push(row);
        continue;
      }
      const a = this.sheet.arrived(r.id, r.revision, r.cells, r.faults, r.removed);
      for (const b of a.both) both.push({ row: a.row, by: r.by, at: r.at, ...b });
      if (a.news.length > 0) {
        news.set(a.row, a.news);
        by = r.by;
      }
      drawn.push(a.row);
    }
    this.watcher.shown(drawn, news, by);
    if (both.length > 0) this.watcher.both(both);
  }

  private tell(): void {
    this.watcher.state({ waiting: this.waiting.size, refused: this.refused, trouble: this.trouble, live: this.live, stopped: this.stopped });
  }
}
