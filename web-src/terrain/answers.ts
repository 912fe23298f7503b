// What is being filled in: which questions are shown, what is calculated, what is
// wrong. Pure: the same values give the same state, on the phone and in the tests.
import { evaluate, ExpressionError, parse, place, toBoolean, toText } from "../expression";
import type { Expression, Scope } from "../expression";
import { fieldsOf, rowsOf, split } from "./definition";
import type { Definition, Item, Values } from "./definition";

// Where a question stands: its name, or REPEAT/ROW/NAME in a row of a repeat.
export type Path = string;
export const pathIn = (repeat: string, row: number, name: string): Path => `${repeat}/${row}/${name}`;

export interface Problem {
  path: Path;
  key: string; // of the words: "problem.required"
  args?: Record<string, string>;
  text?: string; // words of the form itself, in place of the key
}

export interface State {
  values: Values; // with what is calculated; answers to hidden questions are kept
  shown: Set<Path>; // sections by name too
  problems: Problem[];
  faults: string[]; // expressions of the form that cannot be evaluated
}

const compiled = new Map<string, Expression | string>();

function expression(source: string): Expression | string {
  let e = compiled.get(source);
  if (e === undefined) {
    try {
      e = parse(source);
    } catch (err) {
      e = err instanceof ExpressionError ? err.message : String(err);
    }
    if (compiled.size > 5000) compiled.clear();
    compiled.set(source, e);
  }
  return e;
}

export interface Surroundings {
  now: Date;
  uuid(): string;
}

const rounds = 8; // calculations that need one another settle, or stop here

export class Filling {
  private readonly repeats = new Map<string, Item>();
  private readonly fields = new Map<string, Item>();
  private readonly inRepeat = new Map<string, string>(); // field → repeat

  constructor(
    readonly definition: Definition,
    private readonly around: Surroundings,
  ) {
    for (const f of fieldsOf(definition.items)) {
      this.fields.set(f.name ?? "", f);
      if (f.kind !== "repeat") continue;
      this.repeats.set(f.name ?? "", f);
      for (const inner of fieldsOf(f.items ?? [])) this.inRepeat.set(inner.name ?? "", f.name ?? "");
    }
  }

  // The values that a new entry begins with.
  begin(last?: Values): Values {
    const values: Values = {};
    for (const f of this.fields.values()) {
      if (f.kind === "repeat") {
        if (f.min) values[f.name ?? ""] = JSON.stringify(Array.from({ length: f.min }, () => this.row(f, values)));
        continue;
      }
      const text = this.first(f, values, last);
      if (text !== "") values[f.name ?? ""] = text;
    }
    return values;
  }

  // The values of a new row of a repeat.
  row(repeat: Item, values: Values): Values {
    const row: Values = {};
    for (const f of fieldsOf(repeat.items ?? [])) {
      const text = this.first(f, values);
      if (text !== "") row[f.name ?? ""] = text;
    }
    return row;
  }

  private first(f: Item, values: Values, last?: Values): string {
    if (f.repeat_last && last?.[f.name ?? ""] && f.control !== "photo" && f.control !== "file") return last[f.name ?? ""];
    if (!f.default) return "";
    if (!f.default.startsWith("=")) return f.default;
    const v = this.evaluate(f.default.slice(1), values, "", [], 1);
    return v === undefined ? "" : toText(v);
  }

  private evaluate(source: string, values: Values, current: string, faults: string[], position: number, row?: { repeat: string; values: Values }) {
    const e = expression(source);
    if (typeof e === "string") {
      faults.push(`${source}: ${e}`);
      return undefined;
    }
    const scope: Scope = {
      current,
      position,
      now: this.around.now,
      uuid: () => this.around.uuid(),
      answer: (name) => {
        if (row && this.inRepeat.get(name) === row.repeat) return row.values[name] ?? "";
        const repeat = this.inRepeat.get(name);
        if (repeat !== undefined) return rowsOf(values[repeat]).map((r) => r[name] ?? "");
        const f = this.fields.get(name);
        if (!f) return undefined;
        return f.kind === "repeat" ? rowsOf(values[name]).map((r) => JSON.stringify(r)) : values[name] ?? "";
      },
      label: (question, value) => this.find(question)?.choices?.find((c) => c.value === value)?.label ?? value,
    };
    try {
      return evaluate(e, scope);
    } catch (err) {
      faults.push(`${source}: ${err instanceof Error ? err.message : String(err)}`);
      return undefined;
    }
  }

  find(name: string): Item | undefined {
    const repeat = this.inRepeat.get(name);
    if (repeat === undefined) return this.fields.get(name);
    return [...fieldsOf(this.repeats.get(repeat)?.items ?? [])].find((f) => f.name === name);
  }

  // What the form is with these answers.
  state(given: Values): State {
    const values = { ...given };
    let faults: string[] = [];
    let shown = new Set<Path>();
    for (let i = 0; i < rounds; i++) {
      faults = [];
      shown = new Set();
      if (!this.settle(this.definition.items, values, shown, faults)) break;
    }
    const problems: Problem[] = [];
    this.check(this.definition.items, values, shown, problems, faults);
    return { values, shown, problems, faults: [...new Set(faults)] };
  }

  // One pass over the questions, in their order: relevance and calculations.
  private settle(items: Item[], values: Values, shown: Set<Path>, faults: string[], row?: { repeat: string; values: Values; at: number }): boolean {
    let changed = false;
    const own = row?.values ?? values;
    items.forEach((it, n) => {
      const name = it.name ?? (it.kind === "note" ? `note-${n}` : "");
      const path = row ? pathIn(row.repeat, row.at, name) : name;
      if (it.relevant) {
        const v = this.evaluate(it.relevant, values, own[name] ?? "", faults, (row?.at ?? 0) + 1, row);
        if (v !== undefined && !toBoolean(v)) return; // what cannot be evaluated is shown: nothing is lost
      }
      shown.add(path);
      if (it.kind === "section") changed = this.settle(it.items ?? [], values, shown, faults, row) || changed;
      else if (it.kind === "repeat") changed = this.settleRows(it, values, shown, faults) || changed;
      else if (it.kind === "field" && it.calculation) {
        const v = this.evaluate(it.calculation, values, own[name] ?? "", faults, (row?.at ?? 0) + 1, row);
        const text = v === undefined ? own[name] ?? "" : toText(v) === "NaN" ? "" : toText(v);
        if (text !== (own[name] ?? "")) {
          own[name] = text;
          changed = true;
        }
      }
    });
    return changed;
  }

  private settleRows(it: Item, values: Values, shown: Set<Path>, faults: string[]): boolean {
    const name = it.name ?? "";
    const rows = rowsOf(values[name]);
    let changed = false;
    rows.forEach((r, at) => {
      changed = this.settle(it.items ?? [], values, shown, faults, { repeat: name, values: r, at }) || changed;
    });
    if (changed) values[name] = JSON.stringify(rows);
    return changed;
  }

  private check(items: Item[], values: Values, shown: Set<Path>, problems: Problem[], faults: string[], row?: { repeat: string; values: Values; at: number }): void {
    const own = row?.values ?? values;
    for (const it of items) {
      const name = it.name ?? "";
      const path = row ? pathIn(row.repeat, row.at, name) : name;
      if (it.kind === "note" || !shown.has(path)) continue;
      if (it.kind === "section") this.check(it.items ?? [], values, shown, problems, faults, row);
      else if (it.kind === "repeat") {
        const rows = rowsOf(values[name]);
        if (rows.length < (it.min ?? 0)) problems.push({ path, key: "problem.few-rows", args: { Count: String(it.min) } });
        if (it.max && rows.length > it.max) problems.push({ path, key: "problem.many-rows", args: { Count: String(it.max) } });
        rows.forEach((r, at) => this.check(it.items ?? [], values, shown, problems, faults, { repeat: name, values: r, at }));
      } else {
        const text = own[name] ?? "";
        const p = problem(it, text);
        if (p) problems.push({ path, ...p });
        else if (it.constraint && text !== "") {
          const v = this.evaluate(it.constraint, values, text, faults, (row?.at ?? 0) + 1, row);
          if (v !== undefined && !toBoolean(v)) problems.push({ path, key: "problem.constraint", text: it.constraint_message || undefined });
        }
      }
    }
  }

  // What is sent: the answers to what is shown, nothing of questions that are hidden.
  answers(given: Values): Values {
    const { values, shown } = this.state(given);
    const out: Values = {};
    for (const f of this.fields.values()) {
      const name = f.name ?? "";
      if (!this.visible(name, shown) || !values[name]) continue;
      if (f.kind !== "repeat") {
        out[name] = values[name];
        continue;
      }
      const rows = rowsOf(values[name]).map((r, at) => Object.fromEntries(Object.entries(r).filter(([k, v]) => v !== "" && shown.has(pathIn(name, at, k)))));
      if (rows.length) out[name] = JSON.stringify(rows);
    }
    return out;
  }

  // A question in a hidden section is not reached, so it is not in shown.
  private visible(name: string, shown: Set<Path>): boolean {
    return shown.has(name);
  }
}

const patterns: Partial<Record<NonNullable<Item["control"]>, [RegExp, string]>> = {
  integer: [/^[+-]?\d+$/, "problem.integer"],
  number: [/^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/, "problem.number"],
  date: [/^\d{4}-\d{2}-\d{2}$/, "problem.date"],
  year: [/^\d{4}$/, "problem.year"],
  month: [/^\d{4}-(0[1-9]|1[0-2])$/, "problem.month"],
  email: [/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/, "problem.email"],
  url: [/^https?:\/\/[^\s]+$/i, "problem.url"],
  phone: [/^\+?[\d\s().-]{3,}$/, "problem.phone"],
};

// What is wrong with an answer by itself; the server has the last word.
function problem(it: Item, text: string): Omit<Problem, "path"> | undefined {
  if (text.trim() === "") return it.required ? { key: it.control === "photo" ? "problem.photo" : it.control === "point" ? "problem.point" : "problem.required" } : undefined;
  const known = it.control && !(it.control === "date" && it.format && it.format !== "%Y-%m-%d" && it.format !== "default") ? patterns[it.control] : undefined;
  if (known && !known[0].test(text.trim())) return { key: known[1] };
  if (it.control === "siret" && !siret(text)) return { key: "problem.siret" };
  if (it.control === "point" && !place(text)) return { key: "problem.point" };
  if (it.control === "choice" && it.choices?.length && !it.choices.some((c) => c.value === text)) return { key: "problem.choice" };
  if (it.control === "choices" && it.choices?.length && !split(it, text).every((v) => it.choices?.some((c) => c.value === v))) return { key: "problem.choice" };
  const letters = [...text].length;
  if (it.min_length && letters < it.min_length) return { key: "problem.short", args: { Count: String(it.min_length) } };
  if (it.max_length && letters > it.max_length) return { key: "problem.long", args: { Count: String(it.max_length) } };
  if (it.minimum && before(it, text, it.minimum)) return { key: "problem.minimum", args: { Least: it.minimum } };
  if (it.maximum && before(it, it.maximum, text)) return { key: "problem.maximum", args: { Most: it.maximum } };
  if (it.pattern && it.control !== "point" && !matches(it.pattern, text)) return { key: it.example ? "problem.pattern-example" : "problem.pattern", args: { Example: it.example ?? "" } };
  return undefined;
}

function before(it: Item, a: string, b: string): boolean {
  if (it.control === "integer" || it.control === "number" || it.control === "year") return Number(a.replace(",", ".")) < Number(b.replace(",", "."));
  return it.control === "date" || it.control === "datetime" || it.control === "month" || it.control === "time" ? a < b : false;
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
