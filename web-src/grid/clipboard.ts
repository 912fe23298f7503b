// Text as spreadsheets put it on the clipboard: cells separated by tabs, rows by
// line ends, a cell with a tab, a quote or a line end in double quotes.

export function read(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let i = 0;
  while (i < text.length) {
    let cell = "";
    if (text[i] === '"') {
      const end = closing(text, i);
      if (end > 0) {
        cell = text.slice(i + 1, end).replaceAll('""', '"');
        i = end + 1;
      }
    }
    const from = i;
    while (i < text.length && text[i] !== "\t" && text[i] !== "\n" && text[i] !== "\r") i++;
    row.push(cell + text.slice(from, i));
    if (i >= text.length || text[i] !== "\t") {
      rows.push(row);
      row = [];
      if (text[i] === "\r" && text[i + 1] === "\n") i++;
    }
    i++;
    if (i === text.length && text[i - 1] === "\t") rows.push([...row.splice(0), ""]);
  }
  return rows;
}

// closing finds the quote that ends the cell begun at a quote: what follows it is a
// tab, a line end or nothing. Without one the quote is a character like any other.
function closing(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] !== '"') continue;
    if (text[i + 1] === '"') {
      i++;
      continue;
    }
    return i + 1 === text.length || "\t\n\r".includes(text[i + 1] ?? "") ? i : -1;
  }
  return -1;
}

export function write(rows: readonly (readonly string[])[], separator = "\t"): string {
  const special = new RegExp(`["${separator}\n\r]`);
  const quoted = (cell: string): string => (special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map(quoted).join(separator)).join("\n");
}

// file is a CSV that spreadsheets of France open by themselves: a mark of UTF-8, semicolons.
export function file(rows: readonly (readonly string[])[]): Blob {
  return new Blob(["\ufeff", ...rows.map((row) => `${write([row], ";")}\r\n`)], { type: "text/csv;charset=utf-8" });
}
