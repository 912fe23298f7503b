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

export function write(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

function quoted(cell: string): string {
  return /["\t\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
