import type { Island } from "../island";

// Rows of a table by scrolling, where there is room: those that are seen, and some
// around, are in the page; the others are fetched from the page's own address as one
// comes to them. The pages below the table stay for whoever prefers them.
const scroll: Island = (element) => {
  const region = element.querySelector<HTMLElement>(".table-scroll");
  const table = region?.querySelector("table");
  const body = table?.tBodies[0];
  const total = Number(element.dataset.total);
  const wide = matchMedia("(min-width: 60em)");
  if (!region || !table || !body || !wide.matches || !(total > body.rows.length)) return;
  return new Rows(element, region, table, body, total).open();
};
export default scroll;

// The height in pixels beyond which browsers lose count: a longer table moves by more
// than one scrolls.
const tallest = 8_000_000;
const kept = 1200; // rows remembered

class Rows {
  private readonly pages = new Map<number, HTMLTableRowElement[]>();
  private readonly asked = new Map<number, AbortController>();
  private readonly above: HTMLTableRowElement; // space of the rows before those that are there
  private readonly pole = document.createElement("div"); // as high as all rows: beside the table, which need not be laid out for it
  private readonly high: number; // of a row
  private readonly all: number; // height of the body
  private readonly page: number; // rows asked for at once: as many as the page came with
  private frame = 0;
  private shown = "";

  constructor(
    private readonly element: HTMLElement,
    private readonly region: HTMLElement,
    private readonly table: HTMLTableElement,
    private readonly body: HTMLTableSectionElement,
    private readonly total: number,
  ) {
    const rows = Array.from(body.rows);
    this.page = Number(element.dataset.page);
    const span = rows[0]?.cells.length ?? 1;
    this.high = Math.max(20, body.getBoundingClientRect().height / rows.length);
    this.all = Math.min(total * this.high, tallest);
    this.above = spacer(span);
    const offset = Number(element.dataset.offset);
    element.classList.add("rows-scroll");
    this.pole.className = "rows-pole";
    this.pole.style.height = `${body.offsetTop + this.all}px`;
    region.append(this.pole);
    if (offset % this.page === 0) {
      this.pages.set(offset / this.page, rows);
      if (offset === 0) this.show(0, rows); // they stand where they belong
    }
    table.setAttribute("aria-rowcount", String(total + 1));
    region.scrollTop = offset > 0 ? (offset * this.high) / this.ratio() : 0;
  }

  open(): () => void {
    const draw = () => {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => this.draw());
    };
    this.region.addEventListener("scroll", draw, { passive: true });
    const size = new ResizeObserver(draw);
    size.observe(this.region);
    this.draw();
    return () => {
      cancelAnimationFrame(this.frame);
      size.disconnect();
      for (const a of this.asked.values()) a.abort();
    };
  }

  // How many pixels of rows go by for one that is scrolled.
  private ratio(): number {
    const room = this.region.clientHeight;
    return Math.max(1, (this.total * this.high - room) / Math.max(1, this.all - room));
  }

  private draw(): void {
    const at = this.region.scrollTop * this.ratio();
    const seen = Math.ceil(this.region.clientHeight / this.high);
    const first = Math.min(Math.floor(at / this.high), Math.max(0, this.total - seen));
    const from = Math.max(0, Math.floor((first - 20) / this.page));
    const to = Math.min(Math.floor((this.total - 1) / this.page), Math.floor((first + seen + 20) / this.page));
    for (const [n, a] of this.asked) if (n < from || n > to) a.abort();
    for (let n = from; n <= to; n++) void this.fetch(n);
    // What is there, in one piece: rows that are awaited are empty space.
    let low = from;
    let high = to;
    while (low <= to && !this.pages.has(low)) low++;
    while (high >= low && !this.pages.has(high)) high--;
    const rows: HTMLTableRowElement[] = [];
    for (let n = low; n <= high && this.pages.has(n); n++) rows.push(...this.pages.get(n)!);
    const start = low * this.page;
    const top = Math.max(0, this.region.scrollTop - (at - start * this.high));
    if (rows.length > 0 && this.show(start, rows)) this.body.replaceChildren(this.above, ...rows);
    if (rows.length > 0) height(this.above, top);
    this.element.dataset.first = String(first + 1);
  }

  // Notes the rows that are in the page, from one on; false: they are there already.
  private show(start: number, rows: HTMLTableRowElement[]): boolean {
    const key = `${start}:${rows.length}`;
    if (key === this.shown) return false;
    this.shown = key;
    rows.forEach((row, i) => row.setAttribute("aria-rowindex", String(start + i + 2)));
    return true;
  }

  private async fetch(n: number): Promise<void> {
    if (this.pages.has(n) || this.asked.has(n)) return;
    const stop = new AbortController();
    this.asked.set(n, stop);
    const address = new URL(location.href);
    address.searchParams.delete("after");
    address.searchParams.set("limit", String(this.page));
    address.searchParams.set("offset", String(n * this.page));
    try {
      const answer = await fetch(address, { signal: stop.signal });
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll<HTMLTableRowElement>(`#${this.table.id} > tbody > tr`);
      this.pages.set(n, Array.from(found, (row) => document.adoptNode(row)));
      for (const old of this.pages.keys()) {
        if (this.pages.size * this.page <= kept) break;
        if (Math.abs(old - n) > 2) this.pages.delete(old);
      }
      this.shown = "";
    } catch (e) {
      if (!stop.signal.aborted) console.error(e); // the pages below the table stay
    } finally {
      this.asked.delete(n);
      if (!stop.signal.aborted) this.draw();
    }
  }
}

function spacer(span: number): HTMLTableRowElement {
  const row = document.createElement("tr");
  const cell = row.insertCell();
  cell.colSpan = span;
  row.className = "rows-spacer";
  row.setAttribute("aria-hidden", "true");
  return row;
}

function height(row: HTMLTableRowElement, px: number): void {
  row.cells[0].style.height = `${px}px`;
  row.hidden = px < 1;
}
