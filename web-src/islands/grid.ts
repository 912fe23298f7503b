import type { Island } from "../island";
import { file } from "../grid/clipboard";
import type { Both, State } from "../grid/saver";
import { Saver } from "../grid/saver";
import type { Column, Fault, Row } from "../grid/sheet";
import { Sheet } from "../grid/sheet";
import type { Remote } from "../grid/store";
import { Store } from "../grid/store";
import type { Words } from "../grid/view";
import { View } from "../grid/view";
import { save } from "../save";

// The grid of a table whose rows are entered: data-table is its address in the
// API, data-layout the mark of its columns, data-columns and data-words are JSON. The buttons around it carry data-act;
// what the page cannot do without this stays hidden until the rows are there.
const grid: Island = async (element) => {
  const { table, layout, columns, words } = element.dataset;
  const root = element.querySelector<HTMLElement>("[data-sheet]");
  if (!table || !layout || !columns || !words || !root) return;
  const desk = new Desk(element, root, new Store(table, layout), JSON.parse(columns) as Column[], JSON.parse(words) as Record<string, string>);
  await desk.open();
  return () => desk.close();
};
export default grid;

const mostReasons = 5; // told of rows that were refused

// reasons are why rows were refused: each once, with its first row and how many there are.
function reasons(refused: ReadonlyMap<Row, string>): Map<string, { first: Row; count: number }> {
  const out = new Map<string, { first: Row; count: number }>();
  for (const [row, why] of refused) out.set(why, { first: out.get(why)?.first ?? row, count: (out.get(why)?.count ?? 0) + 1 });
  return out;
}

class Desk {
  private readonly sheet: Sheet;
  private readonly store: Store;
  private readonly view: View;
  private saver?: Saver;
  private readonly element: HTMLElement;
  private readonly words: Record<string, string>;
  private readonly numbers = new Intl.NumberFormat(document.documentElement.lang || "fr");
  private earlier = ""; // where the removed rows that are not shown begin
  private kept?: HTMLElement; // the note of the rows that are here alone
  private readonly leaving = (e: BeforeUnloadEvent): void => {
    if (this.saver && this.saver.unsaved.length > 0) e.preventDefault();
  };
  private readonly online = (): void => void this.saver?.now();

  constructor(element: HTMLElement, root: HTMLElement, store: Store, columns: Column[], words: Record<string, string>) {
    this.element = element;
    this.words = words;
    this.store = store;
    this.sheet = new Sheet(columns, () => crypto.randomUUID(), (rows) => this.saver?.add(rows));
    this.view = new View(root, this.sheet, words as Words, {
      moved: () => this.about(),
      acted: () => this.tools(),
      cut: (n) => this.say(this.word("cut", { count: n })),
      met: (row, column, theirs, mine) => this.conflicts([{ row, column, theirs, mine, by: "", at: "" }]),
      left: (n) => this.note(this.word("left", { count: n })),
    });
  }

  // open loads the rows: those that are seen first can be worked with at once, while the
  // others come.
  async open(): Promise<void> {
    this.say(this.word("loading"));
    this.saver = new Saver(this.sheet, this.store, {
      loaded: (rows, all) => this.loaded(rows, all),
      state: (s) => this.state(s),
      shown: (rows, news, by) => this.view.redraw(rows, news, this.word("by", { name: by || this.word("someone") })),
      both: (list) => this.conflicts(list),
    });
    this.element.addEventListener("click", (e) => {
      const act = (e.target as HTMLElement).closest<HTMLElement>("[data-act]")?.dataset.act;
      if (act) this.act(act);
    });
    const filter = this.filterField();
    filter?.addEventListener("input", () => this.filter(filter.value));
    addEventListener("beforeunload", this.leaving);
    addEventListener("online", this.online);
    await this.saver.now();
  }

  private loaded(rows: number, all: boolean): void {
    if (this.element.dataset.ready === undefined) {
      this.element.dataset.ready = "";
      for (const e of this.element.querySelectorAll<HTMLElement>("[data-awake-only]")) e.hidden = false;
      for (const e of this.element.querySelectorAll<HTMLElement>("[data-asleep-only]")) e.hidden = true;
      this.view.refresh();
      performance.mark("grid-usable");
    } else if (!all) this.view.grown();
    if (all) {
      this.view.settled();
      this.element.dataset.all = "";
      performance.mark("grid-all");
    }
    this.say(all ? "" : this.word("loaded", { count: rows }));
  }

  close(): void {
    this.saver?.close();
    removeEventListener("beforeunload", this.leaving);
    removeEventListener("online", this.online);
  }

  private act(what: string): void {
    switch (what) {
      case "undo":
      case "redo":
        this.view.again(what);
        break;
      case "fill":
        this.view.fill();
        break;
      case "remove":
        this.view.removeRows();
        break;
      case "faults":
        this.sheet.onlyFaults = !this.sheet.onlyFaults;
        this.sheet.arrange();
        this.view.refresh();
        break;
      case "next-fault":
        this.nextFault();
        break;
      case "repair-all":
        this.say(this.word("repaired", { count: this.sheet.repair((_, f) => f.safe) }));
        this.view.refresh();
        break;
      case "repair":
        this.sheet.repair((row, f) => row === this.view.current && f.column === this.view.at.column);
        this.view.refresh();
        break;
      case "history":
        void this.history();
        return;
      case "removed":
      case "removed-more":
        void this.removed(what === "removed" ? "" : this.earlier);
        return;
      case "save":
        void this.saver?.now();
        break;
    }
    this.view.focus();
    this.about();
  }

  private filterField(): HTMLInputElement | null {
    return this.element.querySelector<HTMLInputElement>("[data-filter]");
  }

  private filter(text: string): void {
    if (text) this.sheet.filters.set(this.view.at.column, text);
    else this.sheet.filters.delete(this.view.at.column);
    this.sheet.arrange();
    this.view.refresh();
  }

  private nextFault(): void {
    const { order } = this.sheet;
    const { row, column } = this.view.at;
    for (let i = 0; i <= order.length; i++) {
      const place = (row + i) % Math.max(1, order.length);
      const faults = (order[place]?.faults ?? []).map((f) => f.column).sort((a, b) => a - b);
      const next = faults.find((c) => i > 0 || c > column);
      if (next !== undefined) return this.view.go({ row: place, column: next });
    }
    this.say(this.word("noFault"));
  }

  private fault(): Fault | undefined {
    return this.view.current?.faults.find((f) => f.column === this.view.at.column);
  }

  // about tells of the cell one is on.
  private about(): void {
    const place = this.element.querySelector<HTMLElement>("[data-place]");
    const message = this.element.querySelector<HTMLElement>("[data-message]");
    const repair = this.element.querySelector<HTMLElement>("[data-act=repair]");
    const column = this.sheet.columns[this.view.at.column];
    const fault = this.fault();
    if (place && column) place.textContent = this.word("place", { column: column.title, row: this.view.at.row + 1 });
    const whole = this.element.querySelector<HTMLElement>("[data-whole]");
    if (whole) whole.textContent = this.view.current?.cells[this.view.at.column] ?? "";
    if (message) {
      message.textContent = fault ? `${fault.message} ${fault.hint}` : (column?.help ?? "");
      message.classList.toggle("is-wrong", Boolean(fault));
    }
    if (repair) {
      repair.hidden = !fault || fault.repair === null;
      if (fault?.repair !== null && fault) repair.textContent = this.word("repair", { value: fault.repair });
    }
    const filter = this.filterField();
    if (filter && document.activeElement !== filter) filter.value = this.sheet.filters.get(this.view.at.column) ?? "";
    const label = this.element.querySelector<HTMLElement>("[data-filter-label]");
    if (label && column) label.textContent = this.word("filterBy", { column: column.title });
  }

  private tools(): void {
    const enable = (act: string, yes: boolean): void => {
      const b = this.element.querySelector<HTMLButtonElement>(`[data-act=${act}]`);
      if (b) b.disabled = !yes;
    };
    const { rows, faulty, repairable } = this.sheet.counts();
    enable("undo", this.sheet.canUndo);
    enable("redo", this.sheet.canRedo);
    enable("faults", faulty > 0 || this.sheet.onlyFaults);
    enable("next-fault", faulty > 0);
    enable("repair-all", repairable);
    this.element.querySelector("[data-act=faults]")?.setAttribute("aria-pressed", String(this.sheet.onlyFaults));
    const counts = this.element.querySelector<HTMLElement>("[data-counts]");
    if (counts) counts.textContent = this.word("counts", { count: rows, shown: this.sheet.order.length, faulty });
    this.about();
  }

  private state(s: State): void {
    const refused = s.refused.size;
    if (s.trouble && this.element.dataset.ready === undefined) this.fail(s.trouble);
    this.keep(s);
    const place = this.element.querySelector<HTMLElement>("[data-state]");
    if (!place) return;
    const key = s.trouble ? "" : s.waiting > 0 ? (s.live ? "saving" : "waiting") : refused > 0 ? "unsaved" : s.live ? "saved" : "savedAlone";
    place.textContent = key ? this.word(key, { count: s.waiting || refused }) : s.trouble;
    place.classList.toggle("is-wrong", Boolean(s.trouble) || key === "unsaved" || key === "waiting");
    place.dataset.waiting = String(s.waiting);
  }

  // keep tells in one note of the rows that will not leave by themselves, why, and what
  // can be done with them.
  private keep(s: State): void {
    const told = [...reasons(s.refused)].slice(0, mostReasons).map(([why, { first, count }]) => this.word("refused", { count, row: this.sheet.order.indexOf(first) + 1, why }));
    if (s.stopped && s.waiting > 0) told.push(this.word("kept", { count: s.waiting }));
    const text = told.join("\n");
    if (text === (this.kept?.dataset.text ?? "")) return;
    this.kept?.remove();
    this.kept = undefined;
    if (!text) return;
    this.kept = this.note(...told);
    this.kept.dataset.text = text;
    if (!s.stopped) this.kept.append(this.button(this.word("again"), () => this.saver?.again()));
    this.kept.append(this.button(this.word("download"), () => this.download()));
  }

  private download(): void {
    const rows = this.saver?.unsaved.filter((r) => !r.removed).map((r) => r.cells) ?? [];
    save(file([this.sheet.columns.map((c) => c.name), ...rows]), "socle.csv");
  }

  // conflicts tells of cells that someone else changed first, with a way to put one's own back.
  private conflicts(list: Both[]): void {
    for (const b of list.slice(0, 20)) {
      const column = this.sheet.columns[b.column];
      if (b.row.removed) {
        this.note(this.word("gone", { mine: b.mine }));
        continue;
      }
      const item = this.note(this.word("both", { name: b.by || this.word("someone"), column: column?.title ?? "", row: this.sheet.order.indexOf(b.row) + 1, theirs: b.theirs, mine: b.mine }));
      const button = this.button(this.word("putBack", { mine: b.mine }), () => {
        const row = this.sheet.order.indexOf(b.row);
        if (row >= 0) {
          this.sheet.put({ row, column: b.column }, [[b.mine]]);
          this.view.refresh();
          this.view.go({ row, column: b.column });
        }
        item.remove();
      });
      item.append(button);
    }
  }

  private note(...texts: string[]): HTMLElement {
    const list = this.element.querySelector<HTMLElement>("[data-notes]");
    const item = document.createElement("li");
    item.className = "notice notice-look-here";
    for (const text of texts) {
      const words = document.createElement("p");
      words.textContent = text;
      item.append(words);
    }
    const close = this.button(this.word("close"), () => item.remove());
    close.classList.add("button-quiet");
    item.append(close);
    list?.append(item);
    return item;
  }

  private button(label: string, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = label;
    button.addEventListener("click", act);
    return button;
  }

  private async history(): Promise<void> {
    const dialog = this.element.querySelector<HTMLDialogElement>("dialog[data-history]");
    const row = this.view.current;
    const list = dialog?.querySelector<HTMLElement>("[data-versions]");
    if (!dialog || !list || !row || row.revision === 0) return this.say(this.word("noHistory"));
    list.replaceChildren();
    dialog.showModal();
    try {
      const versions = await this.store.history(row.id);
      versions.forEach((v, i) => {
        const before = versions[i + 1];
        const item = document.createElement("li");
        const who = document.createElement("p");
        who.textContent = this.word("version", { name: v.by || this.word("someone"), at: this.at(v.at) });
        const what = document.createElement("ul");
        this.sheet.columns.forEach((c, j) => {
          if (before && before.cells[j] === v.cells[j]) return;
          if (!before && !v.cells[j]) return;
          const line = document.createElement("li");
          line.textContent = `${c.title} : ${before?.cells[j] ? `${before.cells[j]} → ` : ""}${v.cells[j] || this.word("nothing")}`;
          what.append(line);
        });
        item.append(who, what);
        if (i > 0) {
          const back = (): void => {
            const place = this.sheet.order.indexOf(row);
            if (place >= 0) this.sheet.put({ row: place, column: 0 }, [v.cells]);
            this.view.refresh();
            dialog.close();
            this.view.focus();
          };
          item.append(this.button(this.word("restore"), back));
        }
        list.append(item);
      });
    } catch (e) {
      list.textContent = e instanceof Error ? e.message : this.word("waiting");
    }
  }

  // removed shows rows that were removed, whoever did, with a way to bring them back.
  private async removed(after: string): Promise<void> {
    const dialog = this.element.querySelector<HTMLDialogElement>("dialog[data-removed]");
    const list = dialog?.querySelector<HTMLElement>("[data-removed-rows]");
    const said = dialog?.querySelector<HTMLElement>("[data-removed-said]");
    const more = dialog?.querySelector<HTMLElement>("[data-act=removed-more]");
    if (!dialog || !list || !said || !more) return;
    if (!after) list.replaceChildren();
    said.textContent = this.word("loading");
    if (!dialog.open) dialog.showModal();
    try {
      const page = await this.store.removed(after);
      this.earlier = page.next;
      more.hidden = !page.more;
      const rows = page.lines.map((r) => this.removedRow(r, said));
      list.append(...rows);
      rows[0]?.querySelector("button")?.focus();
      said.textContent = list.childElementCount > 0 ? "" : this.word("noRemoved");
    } catch (e) {
      said.textContent = e instanceof Error ? e.message : this.word("waiting");
    }
  }

  private removedRow(r: Remote, said: HTMLElement): HTMLElement {
    const item = document.createElement("li");
    const what = document.createElement("p");
    what.textContent = r.cells.filter((c) => c !== "").join(" · ") || this.word("nothing");
    const who = document.createElement("p");
    who.className = "soft";
    who.textContent = this.word("removedBy", { name: r.by || this.word("someone"), at: this.at(r.at) });
    const back = this.button(this.word("bringBack"), () => {
      const row = this.sheet.restore(r.id, r.revision, r.cells);
      this.view.refresh();
      const place = this.sheet.order.indexOf(row);
      if (place >= 0) this.view.go({ row: place, column: 0 });
      said.textContent = this.word("broughtBack", { row: place + 1 });
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      (next?.querySelector("button") ?? said.closest("dialog")?.querySelector<HTMLElement>("form button:not([hidden])"))?.focus();
    });
    item.append(what, who, back);
    return item;
  }

  private at(time: string): string {
    return new Date(time).toLocaleString(document.documentElement.lang);
  }

  private say(text: string): void {
    const place = this.element.querySelector<HTMLElement>("[data-said]");
    if (place) place.textContent = text;
  }

  private fail(why: string): void {
    this.say(`${this.word("failed")} ${why}`);
  }

  // word fills {name} in a message; a message with a bar has a form for one and one for several.
  private word(name: string, args: Record<string, string | number> = {}): string {
    let text = this.words[name] ?? name;
    if (text.includes("|")) {
      const [one = "", several = ""] = text.split("|");
      text = Number(args.count) < 2 ? one : several;
    }
    return text.replace(/\{(\w+)\}/g, (_, key: string) => {
      const v = args[key] ?? "";
      return typeof v === "number" ? this.numbers.format(v) : v;
    });
  }
}
