// The rows of a grid and what is done with them: changes as steps that can be undone,
// an order (sorted, filtered) that stays until asked again, and what is not yet on the
// server. It knows no page and no network.
import { fold } from "../fold";

export type Kind = "text" | "number" | "date" | "choice";

export type Column = {
  name: string;
  title: string;
  kind: Kind;
  required: boolean;
  help: string;
  choices: readonly string[];
  readOnly: boolean;
};

// A fault of a cell, in the words of the server. repair is the cell as it could be.
export type Fault = { column: number; message: string; hint: string; repair: string | null; safe: boolean };

export type Row = {
  id: string;
  revision: number; // 0: the server does not have it yet
  cells: string[];
  faults: Fault[];
  base: string[] | null; // the cells as the server has them, while they differ
  removed: boolean;
};

export type Change = { row: Row; column: number; before: string; after: string };

// A step is what one undo takes back. at is when it was done last, by the count of what is done.
export type Step = { changes: Change[]; added: Row[]; removed: Row[]; at: number };

// Moved is what an undo or a redo did: what others wrote since is left as it is, and counted.
export type Moved = { step: Step; left: number };

export type Sort = { column: number; descending: boolean } | null;

export type Place = { row: number; column: number }; // row in the order shown
export type Area = { top: number; left: number; bottom: number; right: number };

const remembered = 200; // steps

function nothing(): Step {
  return { changes: [], added: [], removed: [], at: 0 };
}

export class Sheet {
  rows: Row[] = [];
  order: Row[] = []; // shown, in their order
  sort: Sort = null;
  filters = new Map<number, string>();
  onlyFaults = false;
  readonly columns: readonly Column[];
  private byId = new Map<string, Row>();
  private done: Step[] = [];
  private undone: Step[] = [];
  private clock = 0; // steps done, undone and redone
  private readonly heard = new Map<Row, Map<number, number>>(); // when others wrote a cell last, by the same count
  private readonly newId: () => string;
  private readonly changed: (rows: Iterable<Row>) => void;

  // changed is told which rows the server does not have as they are.
  constructor(columns: readonly Column[], newId: () => string, changed: (rows: Iterable<Row>) => void) {
    this.columns = columns;
    this.newId = newId;
    this.changed = changed;
  }

  // load adds rows of the server, in their order, below those that are there.
  load(rows: readonly Row[]): void {
    for (const r of rows) {
      if (r.removed || this.byId.has(r.id)) continue;
      this.rows.push(r);
      this.byId.set(r.id, r);
      if (this.shows(r)) this.order.push(r);
    }
  }

  // settle ends loading: rows that were added here meanwhile stand below those of the
  // server, and the order is what is asked.
  settle(): void {
    if (this.rows.some((r) => r.revision === 0)) this.rows = [...this.rows.filter((r) => r.revision > 0), ...this.rows.filter((r) => r.revision === 0)];
    this.arrange();
  }

  row(id: string): Row | undefined {
    return this.byId.get(id);
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  get count(): number {
    return this.counts().rows;
  }

  // counts says how many rows there are, in how many something is wrong, and whether a
  // safe repair is proposed for any.
  counts(): { rows: number; faulty: number; repairable: boolean } {
    const out = { rows: 0, faulty: 0, repairable: false };
    for (const r of this.rows) {
      if (r.removed) continue;
      out.rows++;
      if (r.faults.length === 0) continue;
      out.faulty++;
      out.repairable ||= r.faults.some((f) => f.safe && f.repair !== null);
    }
    return out;
  }

  // arrange filters and sorts anew.
  arrange(): void {
    const wanted = [...this.filters].map(([column, text]) => [column, fold(text)] as const);
    this.order = this.rows.filter(
      (r) => !r.removed && (!this.onlyFaults || r.faults.length > 0) && wanted.every(([c, text]) => fold(r.cells[c] ?? "").includes(text)),
    );
    const s = this.sort;
    if (!s) return;
    const kind = this.columns[s.column]?.kind ?? "text";
    const keyed = this.order.map((row, place) => ({ row, place, key: key(row.cells[s.column] ?? "", kind) }));
    const sign = s.descending ? -1 : 1;
    keyed.sort((a, b) => {
      if (a.key === "" || b.key === "") return a.key === b.key ? a.place - b.place : a.key === "" ? 1 : -1; // empty cells last
      return sign * compare(a.key, b.key) || a.place - b.place;
    });
    this.order = keyed.map((k) => k.row);
  }

  // put writes a block of text with its first cell at a place: rows are added below
  // the last one where it needs them, what lies outside the columns is left out and counted.
  put(at: Place, block: readonly (readonly string[])[]): { area: Area; cut: number } {
    const step = nothing();
    let cut = 0;
    let widest = 0;
    block.forEach((line, i) => {
      let row = this.order[at.row + i];
      if (!row) {
        row = this.fresh();
        step.added.push(row);
      }
      line.forEach((text, j) => {
        const column = this.columns[at.column + j];
        if (!column || column.readOnly) {
          if (text !== "") cut++;
          return;
        }
        widest = Math.max(widest, j);
        this.note(step, row, at.column + j, text);
      });
    });
    this.commit(step);
    return { area: { top: at.row, left: at.column, bottom: at.row + Math.max(block.length, 1) - 1, right: at.column + widest }, cut };
  }

  // fill copies the first row of an area down (a series of one text repeated, as
  // spreadsheets do with text).
  fill(area: Area): void {
    const step = nothing();
    const first = this.order[area.top];
    if (!first) return;
    for (let i = area.top + 1; i <= area.bottom; i++) {
      const row = this.order[i];
      if (!row) break;
      for (let j = area.left; j <= area.right; j++) this.note(step, row, j, first.cells[j] ?? "");
    }
    this.commit(step);
  }

  clear(area: Area): void {
    const step = nothing();
    for (const row of this.order.slice(area.top, area.bottom + 1)) {
      for (let j = area.left; j <= area.right; j++) this.note(step, row, j, "");
    }
    this.commit(step);
  }

  // remove takes rows out.
  remove(from: number, to: number): void {
    const rows = this.order.slice(from, to + 1);
    if (rows.length > 0) this.commit({ ...nothing(), removed: rows });
  }

  // restore brings back a row that was removed, as the server has it, below the others.
  restore(id: string, revision: number, cells: readonly string[]): Row {
    const row = this.byId.get(id) ?? { id, revision: 0, cells: [], faults: [], base: null, removed: true };
    if (!row.removed) return row;
    if (revision > row.revision) Object.assign(row, { revision, cells: cells.slice(), base: null });
    this.commit({ ...nothing(), added: [row] });
    return row;
  }

  // repair writes what the server proposes: for one fault, or for all those it holds safe.
  repair(which: (row: Row, fault: Fault) => boolean): number {
    const step = nothing();
    for (const row of this.rows) {
      if (row.removed) continue;
      for (const f of row.faults) if (f.repair !== null && which(row, f)) this.note(step, row, f.column, f.repair);
    }
    this.commit(step);
    return step.changes.length;
  }

  cells(area: Area): string[][] {
    return this.order.slice(area.top, area.bottom + 1).map((r) => r.cells.slice(area.left, area.right + 1));
  }

  undo(): Moved | undefined {
    const step = this.done.pop();
    if (!step) return undefined;
    const moved = this.own(step, "added");
    for (const c of [...step.changes].reverse()) this.write(c.row, c.column, c.before);
    this.mark(step.added, true);
    this.mark(step.removed, false);
    return this.move(moved, this.undone);
  }

  redo(): Moved | undefined {
    const step = this.undone.pop();
    if (!step) return undefined;
    const moved = this.own(step, "removed");
    this.mark(step.added, false);
    for (const c of step.changes) this.write(c.row, c.column, c.after);
    this.mark(step.removed, true);
    return this.move(moved, this.done);
  }

  // own takes out of a step what others wrote since, and counts their cells. Rows that
  // would leave and hold any stay whole.
  private own(step: Step, leaving: "added" | "removed"): Moved {
    let left = 0;
    const theirs = new Set<Row>();
    for (const r of step[leaving]) {
      const cells = [...(this.heard.get(r)?.values() ?? [])].filter((at) => at >= step.at).length;
      if (cells > 0) theirs.add(r);
      left += cells;
    }
    const added = new Set(step.added);
    step.changes = step.changes.filter((c) => {
      if (added.has(c.row)) return !theirs.has(c.row);
      if (!c.row.removed && (this.heard.get(c.row)?.get(c.column) ?? 0) < step.at) return true;
      left++;
      return false;
    });
    step[leaving] = step[leaving].filter((r) => !theirs.has(r));
    return { step, left };
  }

  private move(moved: Moved, to: Step[]): Moved {
    const { step } = moved;
    step.at = ++this.clock;
    if (step.changes.length + step.added.length + step.removed.length > 0) to.push(step);
    this.tell(step);
    return moved;
  }

  // arrived takes a row as the server has it. Cells that were changed here alone keep
  // what was written here. Where two people changed one cell, the one that reached the
  // server first stands, and what was written here is returned: it is not lost.
  arrived(id: string, revision: number, cells: string[], faults: Fault[], removed: boolean): { row: Row; both: { column: number; theirs: string; mine: string }[]; news: number[] } {
    let row = this.byId.get(id);
    const news: number[] = [];
    if (!row) {
      row = { id, revision, cells, faults, base: null, removed };
      if (removed) return { row, both: [], news };
      this.rows.push(row);
      this.byId.set(id, row);
      if (this.shows(row)) this.order.push(row);
      return { row, both: [], news: cells.map((_, i) => i) };
    }
    if (revision <= row.revision) return { row, both: [], news };
    const both: { column: number; theirs: string; mine: string }[] = [];
    const base = row.base;
    for (let i = 0; i < this.columns.length; i++) {
      const theirs = cells[i] ?? "";
      const mine = row.cells[i] ?? "";
      const was = base ? (base[i] ?? "") : mine;
      if (theirs === mine) continue;
      this.hear(row, i);
      if (mine === was) {
        row.cells[i] = theirs;
        news.push(i);
      } else if (theirs !== was) {
        both.push({ column: i, theirs, mine });
        row.cells[i] = theirs;
      }
    }
    row.revision = revision;
    row.faults = faults;
    row.base = base && !same(cells, row.cells) ? cells.slice() : null;
    if (removed !== row.removed && !base) {
      row.removed = removed;
      this.order = removed ? this.order.filter((r) => r !== row) : this.order;
      if (!removed && this.shows(row)) this.order.push(row);
    }
    return { row, both, news };
  }

  // hear notes that another person wrote a cell just now.
  private hear(row: Row, column: number): void {
    const at = this.heard.get(row) ?? new Map<number, number>();
    this.heard.set(row, at.set(column, this.clock));
  }

  // saved notes what the server has now, which may be what was sent in another
  // writing; cells changed since they were sent stay to be sent.
  saved(row: Row, revision: number, sent: readonly string[], kept: readonly string[], faults: Fault[]): void {
    row.revision = revision;
    row.faults = faults;
    row.cells = row.cells.map((mine, i) => (mine === sent[i] ? (kept[i] ?? "") : mine));
    row.base = same(row.cells, kept) ? null : kept.slice();
  }

  private fresh(): Row {
    return { id: this.newId(), revision: 0, cells: this.columns.map(() => ""), faults: [], base: null, removed: false };
  }

  private note(step: Step, row: Row, column: number, after: string): void {
    const before = row.cells[column] ?? "";
    if (before !== after && !this.columns[column]?.readOnly) step.changes.push({ row, column, before, after });
  }

  private commit(step: Step): void {
    if (step.changes.length + step.added.length + step.removed.length === 0) return;
    for (const r of step.added) {
      r.removed = false;
      if (!this.byId.has(r.id)) this.rows.push(r);
      this.byId.set(r.id, r);
      this.order.push(r);
    }
    for (const c of step.changes) this.write(c.row, c.column, c.after);
    this.mark(step.removed, true);
    step.at = ++this.clock;
    this.done.push(step);
    if (this.done.length > remembered) this.done.shift();
    this.undone = [];
    this.tell(step);
  }

  private write(row: Row, column: number, text: string): void {
    row.base ??= row.cells.slice();
    row.cells[column] = text;
  }

  // mark takes rows out or brings them back, to the place where they were.
  private mark(rows: readonly Row[], removed: boolean): void {
    if (rows.length === 0) return;
    for (const r of rows) r.removed = removed;
    if (removed) this.order = this.order.filter((r) => !r.removed);
    else this.arrange();
  }

  private shows(row: Row): boolean {
    for (const [column, text] of this.filters) if (!fold(row.cells[column] ?? "").includes(fold(text))) return false;
    return !this.onlyFaults || row.faults.length > 0;
  }

  private tell(step: Step): void {
    const rows = new Set<Row>();
    for (const c of step.changes) rows.add(c.row);
    for (const r of step.added) rows.add(r);
    for (const r of step.removed) rows.add(r);
    this.changed(rows);
  }
}

export function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

const collator = new Intl.Collator("fr", { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : typeof a === "number" ? -1 : typeof b === "number" ? 1 : collator.compare(a, b);
}

// key is what a cell is sorted by: a number where it is one, however the French write it.
function key(cell: string, kind: Kind): string | number {
  if (kind !== "number" || cell === "") return cell;
  const n = Number(cell.replace(/[\s\u00a0\u202f]/g, "").replace(",", "."));
  return Number.isNaN(n) ? cell : n;
}
