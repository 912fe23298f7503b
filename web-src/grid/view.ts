// Draws the rows that can be seen, however many there are, and turns keys, pointer
// and clipboard into changes of the sheet. The element keeps the focus; the cell one
// is on is told by aria-activedescendant.
import { Across } from "./across";
import { read, write } from "./clipboard";
import type { Area, Column, Place, Row, Sheet } from "./sheet";

export type Words = Record<
  "rows" | "row" | "empty" | "sortUp" | "sortDown" | "unsorted" | "filter" | "cut" | "choose" | "required" | "newRow",
  string
>;

export type Listener = {
  moved(at: Place): void;
  acted(): void; // counts, undo and the like may differ now
  cut(cells: number): void; // pasted outside of the columns
  met(row: Row, column: number, theirs: string, mine: string): void; // a cell that another person changed while one typed in it
  left(cells: number): void; // not undone or redone: others wrote them since
};

const height = 36; // of a row, in CSS pixels: said to the styles by --row-height
const spare = 8; // rows drawn above and below what is seen
const numberWidth = 56; // of the numbers of the rows, in CSS pixels

export class View {
  readonly sheet: Sheet;
  at: Place = { row: 0, column: 0 };
  private from: Place = { row: 0, column: 0 }; // the other corner of what is chosen
  private readonly root: HTMLElement;
  private readonly scroll: HTMLElement;
  private readonly head: HTMLElement;
  private readonly body: HTMLElement;
  private readonly words: Words;
  private readonly listener: Listener;
  private readonly pool = new Map<number, HTMLElement>(); // by place in the order
  private readonly news = new Map<Row, Map<number, string>>();
  private field: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | null = null;
  private opened: { row: Row | undefined; text: string } | undefined; // where one types, and what was there
  private late = false; // something came that is drawn once the cell is closed
  private asked = 0;
  private readonly frozen: number;
  private readonly widths: number[];
  private readonly across: Across;
  private dragging = false;
  private stood: Row | undefined; // the row that one went to

  // Nothing is drawn before refresh is called: the listener may not have the view yet.
  constructor(root: HTMLElement, sheet: Sheet, words: Words, listener: Listener, frozen = 1) {
    this.root = root;
    this.sheet = sheet;
    this.words = words;
    this.listener = listener;
    this.frozen = frozen;
    this.widths = sheet.columns.map((c) => Math.min(320, Math.max(96, 32 + 9 * Math.max(c.title.length, c.kind === "text" ? 14 : 10))));
    this.across = new Across(this.widths, frozen, numberWidth);
    root.classList.add("grid-sheet");
    root.setAttribute("role", "grid");
    root.setAttribute("aria-multiselectable", "true");
    root.tabIndex = 0;
    this.scroll = part("div", "grid-scroll");
    this.head = part("div", "grid-row grid-head");
    this.head.setAttribute("role", "row");
    this.head.setAttribute("aria-rowindex", "1");
    this.body = part("div", "grid-body");
    this.body.setAttribute("role", "rowgroup");
    this.scroll.append(this.head, this.body);
    root.replaceChildren(this.scroll);
    root.style.setProperty("--row-height", `${height}px`);
    root.style.setProperty("--number-width", `${numberWidth}px`);
    root.style.setProperty("--grid-width", `${this.across.whole}px`);
    for (let i = 0; i < frozen; i++) root.style.setProperty(`--left-${i}`, `${this.across.left(i)}px`);
    this.scroll.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.soon()).observe(this.scroll);
    root.addEventListener("keydown", (e) => this.key(e));
    root.addEventListener("pointerdown", (e) => this.press(e));
    root.addEventListener("pointermove", (e) => this.drag(e));
    root.addEventListener("pointerup", () => (this.dragging = false));
    root.addEventListener("dblclick", (e) => this.cellOf(e.target) && this.edit(null));
    root.addEventListener("copy", (e) => this.copy(e, false));
    root.addEventListener("cut", (e) => this.copy(e, true));
    root.addEventListener("paste", (e) => this.paste(e));
  }

  // refresh draws everything again: the order, the columns' state, the counts.
  refresh(): void {
    if (this.field) {
      this.late = true;
      return;
    }
    this.size();
    const n = this.sheet.order.length + 1;
    this.at = { row: Math.min(this.at.row, n - 1), column: Math.min(this.at.column, this.sheet.columns.length - 1) };
    this.from = { row: Math.min(this.from.row, n - 1), column: Math.min(this.from.column, this.sheet.columns.length - 1) };
    for (const e of this.pool.values()) e.remove();
    this.pool.clear();
    this.choose();
    this.heads();
    this.draw();
    this.listener.acted();
  }

  // grown draws what is seen when rows have come below those that were there.
  grown(): void {
    this.size();
    for (const [place, element] of this.pool) if (element.classList.contains("is-end")) this.fillRow(element, place);
    this.draw();
    this.listener.acted();
  }

  // settled draws everything again: one stays on the row that one was on.
  settled(): void {
    const row = this.stood ? this.sheet.order.indexOf(this.stood) : -1;
    if (row >= 0 && row !== this.at.row) {
      this.at = { ...this.at, row };
      this.from = { ...this.at };
    }
    this.refresh();
  }

  private size(): void {
    const n = this.sheet.order.length + 1; // a new row is always at the end
    this.root.setAttribute("aria-rowcount", String(n + 1));
    this.root.setAttribute("aria-colcount", String(this.sheet.columns.length + 1));
    this.body.style.height = `${n * height}px`;
  }

  // choose decides which columns are in the page; it reports whether that changes.
  private choose(): boolean {
    if (!this.across.look(this.scroll.scrollLeft, this.scroll.clientWidth)) return false;
    this.root.style.setProperty("--grid-columns", this.across.tracks().map((w) => `${w}px`).join(" "));
    return true;
  }

  // redraw draws some rows again; cells that others changed are shown for a moment.
  redraw(rows: Iterable<Row>, news?: ReadonlyMap<Row, readonly number[]>, by = ""): void {
    const n = this.sheet.order.length + 1;
    if (this.body.style.height !== `${n * height}px`) {
      this.note(news, by);
      return this.refresh();
    }
    this.note(news, by);
    const wanted = new Set(rows);
    for (const [place, element] of this.pool) {
      const row = this.sheet.order[place];
      if (row && wanted.has(row)) this.fillRow(element, place);
    }
    this.listener.acted();
  }

  private note(news: ReadonlyMap<Row, readonly number[]> | undefined, by: string): void {
    if (!news) return;
    for (const [row, columns] of news) {
      this.news.set(row, new Map(columns.map((c) => [c, by])));
      setTimeout(() => {
        this.news.delete(row);
        for (const [place, element] of this.pool) if (this.sheet.order[place] === row) this.fillRow(element, place);
      }, 4000);
    }
  }

  get area(): Area {
    return {
      top: Math.min(this.at.row, this.from.row), bottom: Math.max(this.at.row, this.from.row),
      left: Math.min(this.at.column, this.from.column), right: Math.max(this.at.column, this.from.column),
    };
  }

  get current(): Row | undefined {
    return this.sheet.order[this.at.row];
  }

  go(to: Place, extend = false): void {
    this.commit();
    const last = this.sheet.order.length;
    this.at = { row: clamp(to.row, 0, last), column: clamp(to.column, 0, this.sheet.columns.length - 1) };
    if (!extend) this.from = { ...this.at };
    this.stood = this.current;
    this.reveal();
    this.draw();
    this.mark();
    this.listener.moved(this.at);
  }

  focus(): void {
    this.root.focus({ preventScroll: true });
  }

  private heads(): void {
    const corner = part("div", "grid-cell grid-number");
    corner.setAttribute("role", "columnheader");
    const name = part("span", "visually-hidden");
    name.textContent = this.words.row;
    corner.append(name);
    const cells = this.across.drawn.map((i) => {
      const c = this.sheet.columns[i] as Column;
      const cell = part("div", "grid-cell");
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-colindex", String(i + 2));
      cell.style.gridColumn = String(this.across.track(i));
      const sorted = this.sheet.sort?.column === i ? (this.sheet.sort.descending ? "descending" : "ascending") : "none";
      cell.setAttribute("aria-sort", sorted);
      if (i < this.frozen) this.freeze(cell, i);
      const b = part("button", "grid-title") as HTMLButtonElement;
      b.type = "button";
      b.tabIndex = -1;
      b.textContent = c.title + (c.required ? " *" : "");
      b.title = [c.help, c.required ? this.words.required : "", sorted === "ascending" ? this.words.sortDown : sorted === "descending" ? this.words.unsorted : this.words.sortUp].filter(Boolean).join("\n");
      b.addEventListener("click", () => this.sortBy(i));
      const mark = part("span", "grid-mark");
      mark.setAttribute("aria-hidden", "true");
      mark.textContent = sorted === "ascending" ? "▲" : sorted === "descending" ? "▼" : "";
      cell.append(b, mark);
      if (this.sheet.filters.get(i)) cell.classList.add("is-filtered");
      return cell;
    });
    this.head.replaceChildren(corner, ...cells);
  }

  // sortBy goes from ascending to descending to as entered.
  sortBy(column: number): void {
    const s = this.sheet.sort;
    this.sheet.sort = s?.column !== column ? { column, descending: false } : s.descending ? null : { column, descending: true };
    this.sheet.arrange();
    this.refresh();
  }

  private freeze(cell: HTMLElement, i: number): void {
    cell.classList.add("is-frozen");
    cell.style.left = `var(--left-${i})`;
  }

  private soon(): void {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.draw();
    });
  }

  private draw(): void {
    if (this.choose()) {
      this.commit(); // the cell that is open may leave the page
      for (const e of this.pool.values()) e.remove();
      this.pool.clear();
      this.heads();
    }
    const top = Math.max(0, Math.floor(this.scroll.scrollTop / height) - spare);
    const bottom = Math.min(this.sheet.order.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / height) + spare);
    const free: HTMLElement[] = [];
    for (const [place, element] of this.pool) {
      if (place < top || place > bottom) {
        this.pool.delete(place);
        free.push(element);
      }
    }
    for (let place = top; place <= bottom; place++) {
      if (this.pool.has(place)) continue;
      const element = free.pop() ?? this.line();
      this.pool.set(place, element);
      this.fillRow(element, place);
      if (!element.parentNode) this.body.append(element);
    }
    for (const e of free) e.remove();
    this.mark();
  }

  private line(): HTMLElement {
    const line = part("div", "grid-row");
    line.setAttribute("role", "row");
    const number = part("div", "grid-cell grid-number");
    number.setAttribute("role", "rowheader");
    line.append(number);
    for (const i of this.across.drawn) {
      const cell = part("div", `grid-cell is-${this.sheet.columns[i]?.kind}`);
      cell.setAttribute("role", "gridcell");
      cell.setAttribute("aria-colindex", String(i + 2));
      cell.style.gridColumn = String(this.across.track(i));
      if (i < this.frozen) this.freeze(cell, i);
      line.append(cell);
    }
    return line;
  }

  private fillRow(line: HTMLElement, place: number): void {
    const row = this.sheet.order[place];
    line.style.transform = `translateY(${place * height}px)`;
    line.setAttribute("aria-rowindex", String(place + 2));
    line.classList.toggle("is-end", !row);
    const number = line.firstElementChild as HTMLElement;
    number.textContent = row ? String(place + 1) : "+";
    number.title = row ? "" : this.words.newRow;
    const fresh = row && this.news.get(row);
    const faults = row && row.faults.length > 0 ? new Map([...row.faults].reverse().map((f) => [f.column, f])) : undefined; // the first of a column
    for (const [at, i] of this.across.drawn.entries()) {
      const cell = line.children[at + 1] as HTMLElement;
      if (this.field && cell.contains(this.field) && place === this.at.row) continue;
      const text = row?.cells[i] ?? "";
      cell.id = `${this.root.id}-${place}-${i}`;
      cell.textContent = text;
      const fault = faults?.get(i);
      cell.classList.toggle("is-wrong", Boolean(fault));
      cell.classList.toggle("is-unsaved", Boolean(row?.base && row.base[i] !== text));
      cell.classList.toggle("is-new", Boolean(fresh?.has(i)));
      cell.title = fault ? `${fault.message} ${fault.hint}` : (fresh?.get(i) ?? "");
      if (fault) cell.setAttribute("aria-invalid", "true");
      else cell.removeAttribute("aria-invalid");
    }
  }

  // mark shows what is chosen.
  private mark(): void {
    const a = this.area;
    for (const [place, line] of this.pool) {
      for (const [at, i] of this.across.drawn.entries()) {
        const cell = line.children[at + 1] as HTMLElement;
        const inside = place >= a.top && place <= a.bottom && i >= a.left && i <= a.right;
        cell.classList.toggle("is-chosen", inside && (a.top !== a.bottom || a.left !== a.right));
        cell.classList.toggle("is-here", place === this.at.row && i === this.at.column);
        cell.setAttribute("aria-selected", String(inside));
      }
    }
    this.root.setAttribute("aria-activedescendant", `${this.root.id}-${this.at.row}-${this.at.column}`);
  }

  private reveal(): void {
    const top = this.at.row * height;
    const seen = this.scroll.clientHeight - this.head.offsetHeight;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (top + height > this.scroll.scrollTop + seen) this.scroll.scrollTop = top + height - seen;
    if (this.at.column < this.frozen) return;
    const left = this.across.left(this.at.column);
    const width = this.widths[this.at.column] ?? 0;
    if (left - this.across.covered < this.scroll.scrollLeft) this.scroll.scrollLeft = left - this.across.covered;
    else if (left + width > this.scroll.scrollLeft + this.scroll.clientWidth) this.scroll.scrollLeft = left + width - this.scroll.clientWidth;
  }

  private cellOf(target: EventTarget | null): Place | null {
    const cell = (target as HTMLElement | null)?.closest?.<HTMLElement>("[role=gridcell], [role=rowheader]");
    if (!cell?.parentElement) return null;
    const row = Number(cell.parentElement.getAttribute("aria-rowindex")) - 2;
    return { row, column: Math.max(0, Number(cell.getAttribute("aria-colindex") ?? 2) - 2) };
  }

  private press(e: PointerEvent): void {
    if (this.field?.contains(e.target as Node)) return;
    const place = this.cellOf(e.target);
    if (!place) return;
    if ((e.target as HTMLElement).closest("[role=rowheader]")) {
      this.go({ row: place.row, column: this.sheet.columns.length - 1 });
      this.from = { row: e.shiftKey ? this.from.row : place.row, column: 0 };
      return this.mark();
    }
    this.go(place, e.shiftKey);
    this.dragging = e.pointerType === "mouse" && e.button === 0;
  }

  private drag(e: PointerEvent): void {
    if (!this.dragging || e.buttons !== 1) return;
    const place = this.cellOf(document.elementFromPoint(e.clientX, e.clientY));
    if (place && (place.row !== this.at.row || place.column !== this.at.column)) this.go(place, true);
  }

  private key(e: KeyboardEvent): void {
    if (e.isComposing) return;
    if (this.field) return this.keyInField(e);
    const held = e.ctrlKey || e.metaKey;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / height) - 2);
    const { row, column } = this.at;
    const last = this.sheet.order.length;
    const to: Record<string, Place> = {
      ArrowUp: { row: held ? this.edge(-1, 0).row : row - 1, column },
      ArrowDown: { row: held ? this.edge(1, 0).row : row + 1, column },
      ArrowLeft: { row, column: held ? this.edge(0, -1).column : column - 1 },
      ArrowRight: { row, column: held ? this.edge(0, 1).column : column + 1 },
      PageUp: { row: row - page, column },
      PageDown: { row: row + page, column },
      Home: { row: held ? 0 : row, column: 0 },
      End: { row: held ? Math.max(0, last - 1) : row, column: this.sheet.columns.length - 1 },
    };
    const target = to[e.key];
    const act = (f: () => void): void => {
      e.preventDefault();
      f();
    };
    if (target && !e.altKey) return act(() => this.go(target, e.shiftKey));
    if (held && !e.altKey) {
      switch (e.key.toLowerCase()) {
        case "z":
          return act(() => this.again(e.shiftKey ? "redo" : "undo"));
        case "y":
          return act(() => this.again("redo"));
        case "d":
          return act(() => this.fill());
        case "a":
          return act(() => {
            this.at = { row: Math.max(0, last - 1), column: this.sheet.columns.length - 1 };
            this.from = { row: 0, column: 0 };
            this.mark();
          });
        case "-":
          return act(() => this.removeRows());
      }
      return;
    }
    if (e.altKey) return;
    if (e.key === "Enter" || e.key === "F2") return act(() => this.edit(null));
    if (e.key === "Delete" || e.key === "Backspace") return act(() => this.changed(() => this.sheet.clear(this.area)));
    if (e.key.length !== 1) return;
    // A letter replaces what the cell held: it goes into the field that opens under it.
    if (this.sheet.columns[column]?.choices.length) act(() => this.edit(e.key));
    else this.edit("");
  }

  // edge is the end of the filled or empty cells in one direction, as spreadsheets go.
  private edge(down: number, right: number): Place {
    const filled = (p: Place): boolean => (this.sheet.order[p.row]?.cells[p.column] ?? "") !== "";
    const inside = (p: Place): boolean => p.row >= 0 && p.row < this.sheet.order.length && p.column >= 0 && p.column < this.sheet.columns.length;
    let here = { ...this.at };
    const next = (p: Place): Place => ({ row: p.row + down, column: p.column + right });
    if (!inside(next(here))) return here;
    const run = filled(here) && filled(next(here));
    for (here = next(here); inside(next(here)); here = next(here)) {
      if (run ? !filled(next(here)) : filled(here)) break;
    }
    return here;
  }

  again(what: "undo" | "redo"): void {
    const moved = this.sheet[what]();
    if (!moved) return;
    const { step, left } = moved;
    this.refresh();
    if (left > 0) this.listener.left(left);
    const first = step.changes[0]?.row ?? step.added[0] ?? step.removed[0];
    const row = first ? this.sheet.order.indexOf(first) : -1;
    if (row >= 0) this.go({ row, column: step.changes[0]?.column ?? this.at.column });
  }

  fill(): void {
    const a = this.area;
    // One cell alone takes what stands above it.
    if (a.top === a.bottom && a.top > 0) this.changed(() => this.sheet.fill({ ...a, top: a.top - 1 }));
    else this.changed(() => this.sheet.fill(a));
  }

  removeRows(): void {
    const a = this.area;
    this.changed(() => this.sheet.remove(a.top, a.bottom));
    this.go({ row: a.top, column: this.at.column });
  }

  private changed(f: () => void): void {
    f();
    this.refresh();
  }

  private copy(e: ClipboardEvent, cut: boolean): void {
    if (this.field) return;
    e.preventDefault();
    e.clipboardData?.setData("text/plain", write(this.sheet.cells(this.area)));
    if (cut) this.changed(() => this.sheet.clear(this.area));
  }

  private paste(e: ClipboardEvent): void {
    const text = e.clipboardData?.getData("text/plain") ?? "";
    if (this.field && !/[\t\n]/.test(text)) return;
    e.preventDefault();
    this.field = null;
    this.pasteText(text);
  }

  pasteText(text: string): void {
    let block = read(text);
    const a = this.area;
    const single = block[0];
    // One value fills all that is chosen.
    if (block.length === 1 && single?.length === 1 && (a.top !== a.bottom || a.left !== a.right)) {
      block = Array.from({ length: a.bottom - a.top + 1 }, () => Array.from({ length: a.right - a.left + 1 }, () => single[0] ?? ""));
    }
    const done = this.sheet.put({ row: a.top, column: a.left }, block);
    this.refresh();
    this.from = { row: done.area.top, column: done.area.left };
    this.at = { row: done.area.bottom, column: done.area.right };
    this.mark();
    this.listener.moved(this.at);
    if (done.cut > 0) this.listener.cut(done.cut);
  }

  // edit opens the cell: with what it holds, or with the first letter typed.
  edit(letter: string | null): void {
    const column = this.sheet.columns[this.at.column];
    if (!column || column.readOnly || this.field) return;
    this.reveal();
    this.draw();
    const cell = this.pool.get(this.at.row)?.children[this.across.drawn.indexOf(this.at.column) + 1] as HTMLElement | undefined;
    if (!cell) return;
    const text = this.current?.cells[this.at.column] ?? "";
    const field = this.fieldFor(column.choices, letter ?? text, letter);
    field.className = "grid-field";
    field.setAttribute("aria-label", column.title);
    cell.replaceChildren(field);
    cell.classList.add("is-open");
    this.field = field;
    this.opened = { row: this.current, text };
    field.addEventListener("blur", () => this.commit());
    field.focus({ preventScroll: true });
    if (field instanceof HTMLTextAreaElement) field.setSelectionRange(field.value.length, field.value.length);
  }

  private fieldFor(choices: readonly string[], value: string, letter: string | null): HTMLTextAreaElement | HTMLSelectElement {
    if (choices.length > 0 && choices.length <= 200) {
      const select = document.createElement("select");
      const current = letter === null ? value : (choices.find((c) => c.toLowerCase().startsWith(letter.toLowerCase())) ?? "");
      for (const c of ["", ...choices, ...(current !== "" && !choices.includes(current) ? [current] : [])]) {
        const o = document.createElement("option");
        o.value = c;
        o.textContent = c === "" ? this.words.choose : c;
        o.selected = c === current;
        select.append(o);
      }
      return select;
    }
    const area = document.createElement("textarea");
    area.rows = 1;
    area.value = value;
    area.spellcheck = false;
    return area;
  }

  private keyInField(e: KeyboardEvent): void {
    const { row, column } = this.at;
    if (e.key === "Escape") {
      e.preventDefault();
      this.close();
      this.focus();
    } else if (e.key === "Enter" && !e.altKey) {
      e.preventDefault();
      this.go({ row: row + (e.shiftKey ? -1 : 1), column });
      this.focus();
    } else if (e.key === "Tab") {
      e.preventDefault();
      this.go({ row, column: column + (e.shiftKey ? -1 : 1) });
      this.focus();
    } else if (e.key === "Enter" && this.field instanceof HTMLTextAreaElement) {
      e.preventDefault();
      this.field.setRangeText("\n", this.field.selectionStart, this.field.selectionEnd, "end"); // a line inside the cell
    }
  }

  private close(): string | null {
    const field = this.field;
    if (!field) return null;
    this.field = null;
    const value = field.value;
    field.parentElement?.classList.remove("is-open");
    const line = this.pool.get(this.at.row);
    if (line) this.fillRow(line, this.at.row);
    if (this.late) {
      this.late = false;
      this.refresh();
    }
    return value;
  }

  // commit writes what was typed into the cell that was opened, wherever its row stands
  // now; where another person changed it meanwhile, theirs stands and both are told.
  private commit(): void {
    const { opened } = this;
    const { column } = this.at;
    const value = this.close();
    if (value === null || !opened || value === opened.text) return;
    const row = opened.row;
    const now = row?.cells[column] ?? "";
    if (row && (row.removed || (now !== opened.text && now !== value))) return this.listener.met(row, column, now, value);
    if (value === now) return;
    this.sheet.put({ row: row ? this.sheet.order.indexOf(row) : this.sheet.order.length, column }, [[value]]);
    this.refresh();
  }
}

function part(tag: string, name: string): HTMLElement {
  const e = document.createElement(tag);
  e.className = name;
  return e;
}

function clamp(n: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, n));
}
