// What an expression works on. As in internal/schema/expression/value.go.
import { readMoment } from "./moment";
import type { Clock } from "./moment";

// An answer: a text, several choices, or the rows of a repeat.
export type Answer = string | { choices: string[] } | { rows: Row[] };
export type Row = Map<string, Answer>;

export type Value =
  | { kind: "text"; text: string }
  | { kind: "number"; number: number }
  | { kind: "boolean"; yes: boolean }
  | { kind: "choices" | "nodes"; list: string[] };

export const textOf = (text: string): Value => ({ kind: "text", text });
export const numberOf = (number: number): Value => ({ kind: "number", number });
export const booleanOf = (yes: boolean): Value => ({ kind: "boolean", yes });

export function answerOf(a: Answer): Value {
  if (typeof a === "string") return textOf(a);
  return "rows" in a ? { kind: "nodes", list: a.rows.map(() => "") } : { kind: "choices", list: a.choices };
}

// As the text of a cell: at most 15 digits, no exponent; what is not finite is empty.
export function toText(v: Value): string {
  switch (v.kind) {
    case "text":
      return v.text;
    case "number":
      return writeNumber(v.number);
    case "boolean":
      return v.yes ? "true" : "false";
    case "choices":
      return v.list.join(" ");
    case "nodes":
      return v.list[0] ?? "";
  }
}

const no = new Set(["", "0", "false", "no", "non", "faux"]);

// As a condition.
export function toBoolean(v: Value): boolean {
  switch (v.kind) {
    case "number":
      return v.number !== 0 && !Number.isNaN(v.number);
    case "boolean":
      return v.yes;
    case "text":
      return !no.has(v.text.trim().toLowerCase());
    default:
      return v.list.length > 0;
  }
}

// As a number; NaN where it is none. A date is days since 1970, a time a part of a day.
export function toNumber(v: Value, clock: Clock): number {
  if (v.kind === "number") return v.number;
  if (v.kind === "boolean") return v.yes ? 1 : 0;
  return readNumber(toText(v), clock);
}

// The texts that a value holds.
export function itemsOf(v: Value): string[] {
  if (v.kind === "choices" || v.kind === "nodes") return v.list;
  const s = toText(v);
  return s === "" ? [] : [s];
}

export function readNumber(s: string, clock: Clock): number {
  s = s.trim();
  const n = plainNumber(s);
  return Number.isNaN(n) ? readMoment(s, clock) : n;
}

// Digits with a sign and a point or comma; NaN for anything else.
export function plainNumber(s: string): number {
  if (s.length > 60 || !/^-?(\d+[.,]?\d*|[.,]\d+)$/.test(s)) return NaN;
  return Number(s.replace(",", "."));
}

// 15 digits: 0.1 + 0.2 is 0.3.
export function fifteen(n: number): number {
  return Number.isFinite(n) ? Number(n.toExponential(14)) : n;
}

function writeNumber(n: number): string {
  if (!Number.isFinite(n)) return "";
  n = fifteen(n);
  if (n === 0) return "0";
  const m = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(n.toExponential());
  if (!m) return "";
  const digits = m[2] + (m[3] ?? "");
  const point = 1 + Number(m[4]);
  if (point <= 0) return `${m[1]}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return m[1] + digits + "0".repeat(point - digits.length);
  return `${m[1]}${digits.slice(0, point)}.${digits.slice(point)}`;
}

// As XPath compares: conditions with conditions, numbers with numbers, else texts; the
// answers of a repeat are equal to a value when one of them is.
export function equal(a: Value, b: Value, clock: Clock): boolean {
  if (a.kind === "nodes" && b.kind !== "boolean") return a.list.some((s) => equal(textOf(s), b, clock));
  if (b.kind === "nodes" && a.kind !== "boolean") return equal(b, a, clock);
  if (a.kind === "boolean" || b.kind === "boolean") return toBoolean(a) === toBoolean(b);
  if (a.kind === "number" || b.kind === "number") return fifteen(toNumber(a, clock)) === fifteen(toNumber(b, clock));
  const [s, t] = [toText(a), toText(b)];
  if (s === t) return true;
  const [x, y] = [readMoment(s.trim(), clock), readMoment(t.trim(), clock)];
  return x === y; // NaN is equal to nothing
}

export function less(a: Value, b: Value, orEqual: boolean, clock: Clock): boolean {
  const [x, y] = [fifteen(toNumber(a, clock)), fifteen(toNumber(b, clock))];
  return x < y || (orEqual && x === y);
}
