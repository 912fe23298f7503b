// What is wrong with one answer by itself. The server checks more; this is what can
// be said in the field at once.
import { place } from "../expression";
import { isCode } from "./communes";
import { split } from "./definition";
import type { Item } from "./definition";
import { isISO } from "./moments";

export interface Fault {
  key: string;
  args?: Record<string, string>;
}

const patterns: Partial<Record<NonNullable<Item["control"]>, [RegExp, string]>> = {
  integer: [/^[+-]?\d+$/, "problem.integer"],
  number: [/^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/, "problem.number"],
  year: [/^\d{4}$/, "problem.year"],
  month: [/^\d{4}-(0[1-9]|1[0-2])$/, "problem.month"],
  email: [/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/, "problem.email"],
  url: [/^https?:\/\/[^\s]+$/i, "problem.url"],
  phone: [/^\+?[\d\s().-]{3,}$/, "problem.phone"],
};

const missing: Partial<Record<NonNullable<Item["control"]>, string>> = { photo: "problem.photo", point: "problem.point" };

export function fault(it: Item, text: string): Fault | undefined {
  const control = it.control ?? "text";
  if (text.trim() === "") return it.required && control !== "calculated" && control !== "hidden" ? { key: missing[control] ?? "problem.required" } : undefined;
  const known = patterns[control];
  if (known && !known[0].test(text.trim())) return { key: known[1] };
  if (control === "date" && isISO(it.format) && !/^\d{4}-\d{2}-\d{2}$/.test(text)) return { key: "problem.date" };
  if (control === "siret" && !siret(text)) return { key: "problem.siret" };
  if (control === "commune" && it.format !== "commune" && !isCode(text)) return undefined; // a name, written without network: the portal knows all communes
  if (control === "point" && !place(text)) return { key: "problem.point" };
  return choice(it, text) ?? size(it, text);
}

function choice(it: Item, text: string): Fault | undefined {
  if ((!it.choices?.length && !it.choice_filter) || (it.control !== "choice" && it.control !== "choices")) return undefined;
  const values = it.control === "choices" ? split(it, text) : [text];
  return values.every((v) => it.choices?.some((c) => c.value === v)) ? undefined : { key: "problem.choice" };
}

function size(it: Item, text: string): Fault | undefined {
  const letters = [...text].length;
  if (it.min_length && letters < it.min_length) return { key: "problem.short", args: { Count: String(it.min_length) } };
  if (it.max_length && letters > it.max_length) return { key: "problem.long", args: { Count: String(it.max_length) } };
  if (it.minimum && before(it, text, it.minimum)) return { key: "problem.minimum", args: { Least: it.minimum } };
  if (it.maximum && before(it, it.maximum, text)) return { key: "problem.maximum", args: { Most: it.maximum } };
  if (it.pattern && it.control !== "point" && !matches(it.pattern, text)) return it.example ? { key: "problem.pattern-example", args: { Example: it.example } } : { key: "problem.pattern" };
  return undefined;
}

function before(it: Item, a: string, b: string): boolean {
  if (it.control === "integer" || it.control === "number" || it.control === "year") return Number(a.replace(",", ".")) < Number(b.replace(",", "."));
  return ["date", "datetime", "month", "time"].includes(it.control ?? "") && isISO(it.format) ? a < b : false;
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return true; // a pattern of another dialect: the server checks it
  }
}

// A SIRET has 14 digits, the last of which is a check (Luhn); those of La Poste add up to a multiple of 5.
function siret(text: string): boolean {
  const t = text.replace(/\s/g, "");
  if (!/^\d{14}$/.test(t)) return false;
  const luhn = [...t].reverse().reduce((sum, c, i) => {
    const n = Number(c) * (i % 2 ? 2 : 1);
    return sum + (n > 9 ? n - 9 : n);
  }, 0);
  if (luhn % 10 === 0) return true;
  return t.startsWith("356000000") && [...t].reduce((sum, c) => sum + Number(c), 0) % 5 === 0;
}
