// Which columns are in the page: the frozen ones, those that are seen and some beside
// them, so that a table of many columns costs no more than one of a few.

const spare = 4; // columns drawn on each side of those that are seen

export class Across {
  drawn: number[] = []; // the columns that are in the page, in their order
  readonly lefts: number[]; // where each column begins, and where the last one ends, in CSS pixels
  private readonly widths: readonly number[];
  private readonly frozen: number;
  private readonly before: number; // the width of what stands before the first column

  constructor(widths: readonly number[], frozen: number, before: number) {
    this.widths = widths;
    this.frozen = Math.min(frozen, widths.length);
    this.before = before;
    this.lefts = [before];
    for (const w of widths) this.lefts.push(this.left(this.lefts.length - 1) + w);
  }

  // left is where a column begins.
  left(column: number): number {
    return this.lefts[column] ?? 0;
  }

  // whole is the width of all columns, and of what stands before them.
  get whole(): number {
    return this.left(this.widths.length);
  }

  // covered is the width of what stays in place while one scrolls.
  get covered(): number {
    return this.left(this.frozen);
  }

  // look chooses the columns for a place to which one has scrolled; it reports whether
  // they are others than before.
  look(scrolled: number, width: number): boolean {
    const last = this.widths.length - 1;
    const from = this.at(scrolled + this.covered);
    const to = this.at(Math.max(scrolled + width, scrolled + this.covered));
    const here = this.drawn.slice(this.frozen);
    if (this.drawn.length > 0 && (here.length === 0 || ((here[0] ?? 0) <= from && (here.at(-1) ?? 0) >= to))) return false;
    this.drawn = [];
    for (let i = 0; i < this.frozen; i++) this.drawn.push(i);
    for (let i = Math.max(this.frozen, from - spare); i <= Math.min(last, to + spare); i++) this.drawn.push(i);
    return true;
  }

  // at is the column, not a frozen one, that lies at a distance from the first.
  private at(x: number): number {
    let low = this.frozen;
    let high = Math.max(this.frozen, this.widths.length - 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.left(middle + 1) > x) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  // tracks are the widths of what a row has in the page: what stands before, the frozen
  // columns, the room of those that are left out, the others.
  tracks(): number[] {
    const frozen = this.drawn.filter((i) => i < this.frozen).map((i) => this.widths[i] ?? 0);
    const others = this.drawn.filter((i) => i >= this.frozen);
    const room = others.length > 0 ? this.left(others[0] ?? 0) - this.covered : 0;
    return [this.before, ...frozen, room, ...others.map((i) => this.widths[i] ?? 0)];
  }

  // track is the place of a column in those of tracks, from 1.
  track(column: number): number {
    const at = this.drawn.indexOf(column);
    return column < this.frozen ? at + 2 : at + 3;
  }
}
