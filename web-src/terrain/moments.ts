// Dates between a field of the browser (ISO 8601) and the format of a column (strptime).
const piece: Record<string, string> = { Y: "(\\d{4})", m: "(\\d{1,2})", d: "(\\d{1,2})", H: "(\\d{1,2})", M: "(\\d{1,2})", S: "(\\d{1,2})", y: "(\\d{2})" };

const plainFormats = new Set(["", "default", "any", "%Y-%m-%d"]);

export const isISO = (format: string | undefined) => plainFormats.has(format ?? "");

// Whether the browser's field can stand for the format.
export function dateFormat(format: string | undefined): boolean {
  return isISO(format) || (/%Y|%y/.test(format ?? "") && /%m/.test(format ?? "") && /%d/.test(format ?? "") && !/%[^Ymdy]/.test(format ?? ""));
}

export function toISO(text: string, format: string | undefined): string {
  if (isISO(format) || text === "") return text;
  const order: string[] = [];
  const pattern = (format ?? "").replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/%([YmdyHMS])/g, (_, c: string) => (order.push(c), piece[c]));
  const m = new RegExp(`^${pattern}$`).exec(text);
  if (!m) return "";
  const got = Object.fromEntries(order.map((c, i) => [c, m[i + 1]]));
  const year = got.Y ?? (got.y ? String(2000 + Number(got.y)) : "");
  return `${year}-${got.m.padStart(2, "0")}-${got.d.padStart(2, "0")}`;
}

export function fromISO(iso: string, format: string | undefined): string {
  if (isISO(format) || iso === "") return iso;
  const [Y, m, d] = iso.split("-");
  const parts: Record<string, string> = { Y, m, d, y: Y.slice(-2) };
  return (format ?? "").replace(/%([Ymdy])/g, (_, c: string) => parts[c]);
}
