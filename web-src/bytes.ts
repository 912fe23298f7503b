// Writes a size in units of 1000, as the server does: "1,2 Mo", "1.2 MB".
export function size(bytes: number, lang: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let i = 0;
  while (bytes >= 1000 && i < units.length - 1) {
    bytes /= 1000;
    i++;
  }
  return new Intl.NumberFormat(lang, { style: "unit", unit: units[i], maximumFractionDigits: i ? 1 : 0 }).format(bytes);
}
