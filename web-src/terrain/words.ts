// What the application says. The messages are those of the portal, both languages
// in the page itself (<script type="application/json" id="terrain-words">).
export type Lang = "fr" | "en";
type Message = string | { one: string; other: string };

let words: Record<Lang, Record<string, Message>> = { fr: {}, en: {} };
let lang: Lang = "fr";

export function speak(all: Record<Lang, Record<string, Message>>, l: Lang): void {
  words = all;
  lang = l;
}

export const language = () => lang;

// The message of a key; {{.Name}} is filled from args, Count chooses the plural.
export function t(key: string, args: Record<string, string | number> = {}): string {
  const m = words[lang][key];
  if (m === undefined) return `[${key}]`;
  const n = Number(args.Count);
  const text = typeof m === "string" ? m : (lang === "fr" ? n < 2 : n === 1) ? m.one : m.other;
  return text.replace(/\{\{\.(\w+)\}\}/g, (_, name: string) => {
    const v = args[name];
    return typeof v === "number" ? number(v) : (v ?? "");
  });
}

export const number = (n: number, decimals = 0) => n.toLocaleString(lang, { maximumFractionDigits: decimals });

export function bytes(n: number): string {
  const units = lang === "fr" ? ["o", "ko", "Mo", "Go"] : ["B", "kB", "MB", "GB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) (n /= 1000), i++;
  return `${number(n, n < 10 && i ? 1 : 0)}\u00a0${units[i]}`;
}

export function moment(ms: number): string {
  return new Date(ms).toLocaleString(lang, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
}

export function distance(m: number): string {
  return m < 1000 ? t("near.metres", { Count: Math.max(1, Math.round(m)) }) : t("near.kilometres", { Distance: number(m / 1000, 1) });
}

// A day or an instant of ISO 8601 as one reads it; what is neither stays as it is.
export function dated(text: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const at = new Date(day ? `${text}T00:00` : text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at.getTime())) return text;
  return at.toLocaleString(lang, { day: "numeric", month: "short", year: "numeric", ...(day ? {} : { hour: "2-digit", minute: "2-digit" }) });
}
