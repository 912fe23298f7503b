// The functions of expressions. As in internal/schema/expression/library.go.
import type { Evaluation, Node } from "./index";
import { dateOf, formatMoment, isoDate, isoMoment, nowOf } from "./moment";
import { area, length, readPoints } from "./place";
import { answerOf, booleanOf, fifteen, itemsOf, numberOf, readNumber, textOf, toBoolean, toNumber, toText } from "./value";
import type { Value } from "./value";

interface Function {
  least: number;
  most: number; // -1: any number
  eval(e: Evaluation, args: Node[]): Value;
}

const longest = 100_000;
const bounded = (s: string) => textOf(s.slice(0, longest));

const onTexts = (n: number, f: (...s: string[]) => Value): Function => ({ least: n, most: n, eval: (e, args) => f(...args.map((a) => toText(e.eval(a)))) });
const onNumbers = (least: number, most: number, f: (...x: number[]) => number): Function => ({ least, most, eval: (e, args) => numberOf(f(...args.map((a) => toNumber(e.eval(a), e.env)))) });
// Every value that the arguments hold, but for what is empty.
const items = (e: Evaluation, args: Node[]) => args.flatMap((a) => itemsOf(e.eval(a))).filter((s) => s !== "");
const onItems = (least: number, f: (s: string[], e: Evaluation) => Value): Function => ({ least, most: -1, eval: (e, args) => f(items(e, args), e) });
const onMoment = (f: (d: Date, days: number, e: Evaluation) => Value): Function => ({
  least: 1,
  most: 1,
  eval: (e, args) => {
    const days = toNumber(e.eval(args[0]), e.env);
    const d = dateOf(days);
    return d ? f(d, days, e) : textOf("");
  },
});
const format: Function = {
  least: 2,
  most: 2,
  eval: (e, args) => {
    const d = dateOf(toNumber(e.eval(args[0]), e.env));
    return textOf(d ? formatMoment(d, toText(e.eval(args[1])), e.env.language) : "");
  },
};

// The choices that a value holds: those of an answer, or a text cut at ";" or else at spaces.
function chosen(v: Value): string[] {
  if (v.kind === "choices" || v.kind === "nodes") return v.list;
  const s = toText(v);
  return (s.includes(";") ? s.split(";").map((p) => p.trim()) : s.split(/\s+/)).filter((p) => p !== "");
}

function isSelected(v: Value, wanted: string): boolean {
  wanted = wanted.trim();
  return (v.kind === "text" && v.text.trim() === wanted) || chosen(v).includes(wanted);
}

// From the character start (negative: counted from the end) to before end.
function substring(s: string, start: number, end: number): string {
  const letters = [...s];
  const from = (n: number) => (Number.isNaN(n) ? 0 : Math.max(0, Math.min(letters.length, Math.trunc(n) + (Math.trunc(n) < 0 ? letters.length : 0))));
  return letters.slice(from(start), Math.max(from(start), from(end))).join("");
}

function round(x: number, decimals: number): number {
  if (!Number.isFinite(x) || Number.isNaN(decimals) || Math.abs(decimals) > 15) return x;
  const scale = 10 ** Math.trunc(decimals);
  const r = Math.floor(fifteen(x * scale) + 0.5) / scale;
  return Number.isFinite(r) ? r : x;
}

function extreme(list: number[], pick: (...x: number[]) => number): number {
  return list.length ? pick(...list) : NaN; // Math.min and max give NaN where one is
}

// A regular expression that the whole text must match; null when it is none.
export function wholePattern(pattern: string): RegExp | null {
  if (pattern.length > 1000) return null;
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}

function translate(s: string, from: string, to: string): string {
  const [source, target] = [[...from], [...to]];
  return [...s].map((c) => (source.includes(c) ? (target[source.indexOf(c)] ?? "") : c)).join("");
}

// The answer to a question in one row of a repeat.
function indexed(e: Evaluation, args: Node[]): Value {
  const [field, repeat] = args;
  const n = toNumber(e.eval(args[2]), e.env);
  if (field.kind !== "reference" || repeat.kind !== "reference" || Number.isNaN(n)) return textOf("");
  for (const row of e.rows) {
    const a = row.get(repeat.name);
    if (a === undefined) continue;
    if (typeof a === "string" || !("rows" in a) || n < 1 || n > a.rows.length) return textOf("");
    return answerOf(a.rows[Math.trunc(n) - 1].get(field.name) ?? "");
  }
  return textOf("");
}

function label(e: Evaluation, args: Node[]): Value {
  const value = e.eval(args[0]);
  const n = args[1];
  const name = n.kind === "reference" ? n.name : n.kind === "literal" ? toText(n.value).trim().replace(/^\$\{|\}$/g, "").split("/").pop()?.trim() ?? "" : "";
  return e.env.label ? bounded(itemsOf(value).map((s) => e.env.label?.(name, s) ?? s).join(", ")) : textOf(toText(value));
}

export const functions: Record<string, Function> = {
  if: { least: 3, most: 3, eval: (e, a) => e.eval(toBoolean(e.eval(a[0])) ? a[1] : a[2]) },
  not: { least: 1, most: 1, eval: (e, a) => booleanOf(!toBoolean(e.eval(a[0]))) },
  true: { least: 0, most: 0, eval: () => booleanOf(true) },
  false: { least: 0, most: 0, eval: () => booleanOf(false) },
  boolean: { least: 1, most: 1, eval: (e, a) => booleanOf(toBoolean(e.eval(a[0]))) },
  coalesce: { least: 1, most: -1, eval: (e, args) => {
    for (const a of args) {
      const v = e.eval(a);
      if (toText(v) !== "") return v;
    }
    return textOf("");
  } },
  once: { least: 1, most: 1, eval: (e, a) => (toText(answerOf(e.env.self)) !== "" ? answerOf(e.env.self) : e.eval(a[0])) },

  selected: { least: 2, most: 2, eval: (e, a) => booleanOf(isSelected(e.eval(a[0]), toText(e.eval(a[1])))) },
  "count-selected": { least: 1, most: 1, eval: (e, a) => numberOf(chosen(e.eval(a[0])).length) },
  "selected-at": { least: 2, most: 2, eval: (e, a) => {
    const [list, i] = [chosen(e.eval(a[0])), toNumber(e.eval(a[1]), e.env)];
    return textOf(i >= 0 && i < list.length ? list[Math.trunc(i)] : "");
  } },
  "jr:choice-name": { least: 2, most: 2, eval: label },

  string: onTexts(1, (s) => textOf(s)),
  "string-length": { least: 0, most: 1, eval: (e, a) => numberOf([...toText(a.length ? e.eval(a[0]) : answerOf(e.env.self))].length) },
  concat: onItems(0, (s) => bounded(s.join(""))),
  join: { least: 1, most: -1, eval: (e, a) => bounded(items(e, a.slice(1)).join(toText(e.eval(a[0])))) },
  substr: { least: 2, most: 3, eval: (e, a) => textOf(substring(toText(e.eval(a[0])), toNumber(e.eval(a[1]), e.env), a[2] ? toNumber(e.eval(a[2]), e.env) : Infinity)) },
  "substring-before": onTexts(2, (s, part) => textOf(s.includes(part) ? s.slice(0, s.indexOf(part)) : "")),
  "substring-after": onTexts(2, (s, part) => textOf(s.includes(part) ? s.slice(s.indexOf(part) + part.length) : "")),
  contains: onTexts(2, (s, part) => booleanOf(s.includes(part))),
  "starts-with": onTexts(2, (s, part) => booleanOf(s.startsWith(part))),
  "ends-with": onTexts(2, (s, part) => booleanOf(s.endsWith(part))),
  translate: onTexts(3, (s, from, to) => textOf(translate(s, from, to))),
  "normalize-space": onTexts(1, (s) => textOf(s.trim().replace(/\s+/g, " "))),
  "lower-case": onTexts(1, (s) => textOf(s.toLowerCase())),
  "upper-case": onTexts(1, (s) => textOf(s.toUpperCase())),
  regex: onTexts(2, (s, pattern) => booleanOf(wholePattern(pattern)?.test(s) ?? false)),
  uuid: { least: 0, most: 0, eval: (e) => textOf(e.env.uuid?.() ?? "") },

  number: onNumbers(1, 1, (x) => x),
  int: onNumbers(1, 1, Math.trunc),
  round: onNumbers(1, 2, (x, decimals = 0) => round(x, decimals)),
  floor: onNumbers(1, 1, Math.floor),
  ceiling: onNumbers(1, 1, Math.ceil),
  abs: onNumbers(1, 1, Math.abs),
  pow: onNumbers(2, 2, (x, y) => x ** y),
  sqrt: onNumbers(1, 1, Math.sqrt),
  exp: onNumbers(1, 1, Math.exp),
  log: onNumbers(1, 1, Math.log),
  log10: onNumbers(1, 1, Math.log10),
  pi: { least: 0, most: 0, eval: () => numberOf(Math.PI) },
  sin: onNumbers(1, 1, Math.sin),
  cos: onNumbers(1, 1, Math.cos),
  tan: onNumbers(1, 1, Math.tan),

  min: onItems(1, (s, e) => numberOf(extreme(s.map((x) => readNumber(x, e.env)), Math.min))),
  max: onItems(1, (s, e) => numberOf(extreme(s.map((x) => readNumber(x, e.env)), Math.max))),
  sum: onItems(1, (s, e) => numberOf(s.reduce((n, x) => n + readNumber(x, e.env), 0))),
  count: { least: 1, most: 1, eval: (e, a) => numberOf(itemsOf(e.eval(a[0])).length) },
  "count-non-empty": onItems(1, (s) => numberOf(s.length)),
  position: { least: 1, most: 1, eval: (e) => numberOf(e.position()) },
  "indexed-repeat": { least: 3, most: 3, eval: indexed },

  today: { least: 0, most: 0, eval: (e) => textOf(isoDate(nowOf(e.env))) },
  now: { least: 0, most: 0, eval: (e) => textOf(isoMoment(nowOf(e.env), e.env)) },
  date: onMoment((d) => textOf(isoDate(d))),
  "date-time": onMoment((d, _, e) => textOf(isoMoment(d, e.env))),
  "decimal-date-time": onMoment((_, days) => numberOf(days)),
  "decimal-time": onMoment((_, days) => numberOf(days - Math.floor(days))),
  "format-date": format,
  "format-date-time": format,

  distance: { least: 1, most: -1, eval: (e, args) => numberOf(length(args.flatMap((a) => itemsOf(e.eval(a))).flatMap(readPoints))) },
  area: { least: 1, most: 1, eval: (e, args) => numberOf(area(args.flatMap((a) => itemsOf(e.eval(a))).flatMap(readPoints))) },
};
