// A form and its entries as the API gives them (GET /api/v1/forms/{id}).

import { dated } from "./words";

export type Control =
  | "text" | "long-text" | "integer" | "number" | "date" | "time" | "datetime" | "year" | "month" | "yes-no" | "choice" | "choices" | "commune" | "address" | "siret"
  | "point" | "shape" | "photo" | "file" | "email" | "phone" | "url" | "calculated" | "hidden";

export interface Choice {
  value: string;
  label: string;
  columns?: Record<string, string>; // what filters look at
  labels?: Record<string, string>; // in other languages than the form's own, by their code
  own?: string; // the label in the form's own language, where label is another
}

// The words of an item in another language.
export interface Words {
  title?: string;
  label?: string;
  help?: string;
  constraint_message?: string;
}

export interface Item {
  kind: "section" | "repeat" | "note" | "field";
  name?: string;
  title?: string;
  label?: string;
  help?: string;
  example?: string;
  control?: Control;
  required?: boolean;
  choices?: Choice[];
  choice_filter?: string; // an expression on the columns of choices: those offered
  joined?: string; // between several values: ";", ",", "|" or "json"
  default?: string;
  relevant?: string;
  constraint?: string;
  constraint_message?: string;
  calculation?: string;
  repeat_last?: boolean;
  read_only?: boolean;
  minimum?: string;
  maximum?: string;
  min_length?: number;
  max_length?: number;
  pattern?: string;
  true_value?: string;
  false_value?: string;
  format?: string;
  longitude?: string;
  latitude?: string;
  translations?: Record<string, Words>; // by the code of their language
  min?: number;
  max?: number;
  items?: Item[];
}

export interface Definition {
  id: string;
  version: number;
  title: string;
  description?: string;
  language?: string;
  organisation: { id: string; name: string };
  dataset?: { id: string; slug: string; title: string };
  resource?: string;
  access?: "members" | "link" | "public";
  moderated?: boolean;
  entries?: "own" | "all";
  page?: string; // address of the form for browsers
  opens?: string | null;
  closes?: string | null;
  open: boolean;
  place: string;
  names: string[];
  screens: "one" | "many";
  items: Item[];
}

export interface Attached {
  field: string;
  name: string;
  type: string;
  size: number;
  sha256: string;
  received?: boolean;
}

// Values of an entry: the text of each question as a cell of its column holds it.
export type Values = Record<string, string>;

// An entry as the server has it.
export interface Entry {
  id: string;
  form?: string;
  revision: number;
  state: "incomplete" | "waiting" | "accepted" | "refused" | "removed";
  reason?: string;
  values: Values;
  files?: Attached[];
  made_at?: string;
  received_at?: string;
  changed_at?: string;
  by?: string;
  mine?: boolean;
  revisits?: string;
}

// A form as who reads a language sees it, as far as it is written in it. Expressions go
// on with its own language (Choice.own): what is calculated is the same for all.
export function inLanguage(d: Definition, language: string): Definition {
  if (!language || language === d.language) return d;
  const items = (list: Item[]): Item[] =>
    list.map((it) => ({
      ...it, ...it.translations?.[language], items: it.items && items(it.items),
      choices: it.choices?.map((c) => (c.labels?.[language] ? { ...c, label: c.labels[language], own: c.label } : c)),
    }));
  return { ...d, items: items(d.items) };
}

// What expressions see of a choice's label.
export const ownLabel = (c: Choice): string => c.own ?? c.label;

// The questions of a form that are not in a repeat; a repeat counts as one.
export function* fieldsOf(items: Item[]): Generator<Item> {
  for (const it of items) {
    if (it.kind === "section") yield* fieldsOf(it.items ?? []);
    else if (it.kind !== "note") yield it;
  }
}

// Fields gone from a form keep their values in what was made before: they are
// neither shown nor sent.
export function namesOf(d: Definition): Set<string> {
  return new Set([...fieldsOf(d.items)].map((f) => f.name ?? ""));
}

export const joiner = (it: Item) => it.joined || ";";

export function split(it: Item, text: string): string[] {
  if (text === "") return [];
  if (joiner(it) === "json") {
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list)) return list.map(String);
    } catch {
      return [text];
    }
  }
  return text.split(joiner(it)).map((s) => s.trim()).filter((s) => s !== "");
}

export function join(it: Item, list: string[]): string {
  if (!list.length) return "";
  return joiner(it) === "json" ? JSON.stringify(list) : list.join(joiner(it));
}

// The rows of a repeat, from its text.
export function rowsOf(text: string | undefined): Values[] {
  if (!text) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return [];
    return list.map((row) => Object.fromEntries(Object.entries((row ?? {}) as Record<string, unknown>).map(([k, v]) => [k, typeof v === "string" ? v : v == null ? "" : typeof v === "object" ? JSON.stringify(v) : String(v)])));
  } catch {
    return [];
  }
}

// What an entry is called in a list: its naming fields, in the words of their choices.
export function nameOf(d: Definition, values: Values): string {
  const byName = new Map([...fieldsOf(d.items)].map((f) => [f.name ?? "", f]));
  const parts = d.names.map((n) => {
    const f = byName.get(n);
    const text = values[n] ?? "";
    if (!f || !text) return text;
    return shown(f, text);
  });
  return parts.filter((p) => p !== "").join(" · ").slice(0, 120);
}

// A value as one reads it: in the words of its choices, a day in those of the language.
export function shown(f: Item, text: string): string {
  if (f.control === "date" || f.control === "datetime") return dated(text);
  if (!f.choices?.length) return text;
  const label = (v: string) => f.choices?.find((c) => c.value === v)?.label || v;
  return (f.control === "choices" ? split(f, text) : [text]).map(label).join(", ");
}

// The texts of a form may cite answers: "Trees in ${commune}". A name that no question
// has stays as it is written.
const cite = /\$\{\s*([^{}\s]+)\s*\}/g;

export const cites = (text: string | undefined): boolean => !!text && text.search(cite) >= 0;

// A text with the answers that it cites, in words: each is looked for in the answers of
// its row of a repeat, then in those around it (near to far); "…" where there is none.
export function say(items: Item[], text: string, around: Values[] = []): string {
  return text.replace(cite, (written, name: string) => {
    const f = deep(items, name);
    const answer = around.find((v) => v[name])?.[name];
    if (!f) return written;
    return answer ? shown(f, answer) : "…";
  });
}

function deep(items: Item[], name: string): Item | undefined {
  for (const it of items) {
    const found = it.kind !== "section" && it.name === name ? it : deep(it.items ?? [], name);
    if (found) return found;
  }
  return undefined;
}

// A position in the way its column holds it: "lon, lat", or JSON by the format of the schema.
export function writePoint(format: string | undefined, lon: number, lat: number): string {
  const x = Number(lon.toFixed(6));
  const y = Number(lat.toFixed(6));
  if (format === "array") return JSON.stringify([x, y]);
  if (format === "object") return JSON.stringify({ lon: x, lat: y });
  return `${x}, ${y}`;
}
