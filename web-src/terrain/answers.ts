// What is being filled in: which questions are shown, what is calculated, what is
// wrong. The server judges with the same rules (internal/schema/form/entry.go) and
// has the last word. Pure: the same answers give the same state.
import { changes, evaluate, ExpressionError, parse, parseFilter, place, toBoolean, toText } from "../expression";
import type { Answer, Env, Expression, Row } from "../expression";
import { fieldsOf, ownLabel, rowsOf, split } from "./definition";
import type { Choice, Definition, Item, Values } from "./definition";
import { fault } from "./faults";

// Where a question stands, as the server names it: "date", or "plantes[0].espece".
export type Path = string;
type Step = [repeat: string, index: number];

export const pathOf = (steps: Step[], name: string): Path => steps.map(([r, i]) => `${r}[${i}].`).join("") + name;

function stepsOf(path: Path): [Step[], string] {
  const parts = path.split(/\[(\d+)\]\./);
  const steps: Step[] = [];
  for (let i = 0; i + 2 < parts.length; i += 2) steps.push([parts[i], Number(parts[i + 1])]);
  return [steps, parts[parts.length - 1]];
}

export function valueAt(values: Values, path: Path): string {
  const [steps, name] = stepsOf(path);
  let own: Values | undefined = values;
  for (const [repeat, i] of steps) own = rowsOf(own?.[repeat])[i];
  return own?.[name] ?? "";
}

// The values with another one at a place; without the place they stay as they are.
export function withValue(values: Values, path: Path, text: string): Values {
  const [steps, name] = stepsOf(path);
  const put = (own: Values, i: number): Values => {
    if (i === steps.length) return { ...own, [name]: text };
    const [repeat, n] = steps[i];
    const rows = rowsOf(own[repeat]);
    if (!rows[n]) return own;
    rows[n] = put(rows[n], i + 1);
    return { ...own, [repeat]: JSON.stringify(rows) };
  };
  return put(values, 0);
}

export interface Problem {
  path: Path;
  key: string; // of the words: "problem.required"
  args?: Record<string, string>;
  text?: string; // words of the form itself, in place of the key
}

export interface State {
  values: Values; // with what is calculated; answers to hidden questions are kept
  shown: Set<Path>; // sections by name too
  offered: Map<Path, Choice[]>; // the choices that filters leave
  problems: Problem[];
  faults: string[]; // expressions of the form that cannot be read
}

// The answers around a place that are shown: of its row of a repeat, then outwards.
export function answersAround(state: State, steps: Step[]): Values[] {
  const out: Values[] = [];
  let own = state.values;
  for (let n = 0; n <= steps.length; n++) {
    out.unshift(Object.fromEntries(Object.entries(own).filter(([name]) => state.shown.has(pathOf(steps.slice(0, n), name)))));
    if (n < steps.length) own = rowsOf(own[steps[n][0]])[steps[n][1]] ?? {};
  }
  return out;
}

export interface Surroundings {
  now: number; // ms, corrected by the server's clock
  zone: number; // minutes east of Greenwich
  language: string;
  uuid(): string;
}

const rounds = 8; // calculations that need one another settle, or stop here
const mostRows = 200;

// Notes have no name: their place among their neighbours is one.
export const nameOfItem = (it: Item, n: number) => it.name || `note-${n}`;

export class Filling {
  private readonly compiled = new Map<string, Expression | null>();
  private faults: string[] = [];

  constructor(
    readonly definition: Definition,
    private readonly around: Surroundings,
  ) {}

  private expression(source: string, filter = false): Expression | null {
    const key = filter ? `filter ${source}` : source;
    let e = this.compiled.get(key);
    if (e === undefined) {
      try {
        e = filter ? parseFilter(source) : parse(source);
      } catch (err) {
        if (!(err instanceof ExpressionError)) throw err;
        this.faults.push(`${source}: ${err.message}`);
        e = null;
      }
      this.compiled.set(key, e);
    }
    return e;
  }

  // The values that a new entry begins with.
  begin(last?: Values): Values {
    let values: Values = {};
    for (const f of fieldsOf(this.definition.items)) {
      const name = f.name ?? "";
      if (f.kind === "repeat") {
        if (f.min) values = { ...values, [name]: JSON.stringify(Array.from({ length: Math.min(f.min, mostRows) }, () => this.row(f, values))) };
        continue;
      }
      const text = this.first(f, values, last);
      if (text !== "") values[name] = text;
    }
    return values;
  }

  // The values of a new row of a repeat.
  row(repeat: Item, values: Values): Values {
    const row: Values = {};
    for (const f of fieldsOf(repeat.items ?? [])) {
      const text = f.kind === "field" ? this.first(f, values) : "";
      if (text !== "") row[f.name ?? ""] = text;
    }
    return row;
  }

  private first(f: Item, values: Values, last?: Values): string {
    if (f.repeat_last && last?.[f.name ?? ""] && f.control !== "photo" && f.control !== "file") return last[f.name ?? ""];
    if (!f.default?.startsWith("=")) return f.default ?? "";
    const e = this.expression(f.default.slice(1));
    return e ? toText(evaluate(e, this.env(this.rowAs(this.definition.items, values, [], new Set()), [], ""))) : "";
  }

  // The item of a path or of a name.
  find(path: Path): Item | undefined {
    const [steps, name] = stepsOf(path);
    let items = this.definition.items;
    for (const [repeat] of steps) items = [...fieldsOf(items)].find((f) => f.name === repeat)?.items ?? [];
    return [...fieldsOf(items)].find((f) => f.name === name) ?? (steps.length ? undefined : this.deep(this.definition.items, name));
  }

  private deep(items: Item[], name: string): Item | undefined {
    for (const f of fieldsOf(items)) {
      if (f.name === name) return f;
      const inner = f.items && this.deep(f.items, name);
      if (inner) return inner;
    }
    return undefined;
  }

  private env(root: Row, path: Step[], self: Answer): Env {
    return {
      root, path, self, now: this.around.now, zone: this.around.zone, language: this.around.language, uuid: () => this.around.uuid(),
      label: (question, value) => {
        const c = this.find(question)?.choices?.find((x) => x.value === value);
        return c ? ownLabel(c) : value;
      },
    };
  }

  // The answers as expressions see them: without those of hidden questions.
  private rowAs(items: Item[], values: Values, steps: Step[], hidden: Set<Path>): Row {
    const row: Row = new Map();
    for (const f of fieldsOf(items)) {
      const name = f.name ?? "";
      if (!hidden.has(pathOf(steps, name))) row.set(name, this.answer(f, values[name] ?? "", steps, hidden));
      else row.set(name, "");
    }
    return row;
  }

  private answer(f: Item, text: string, steps: Step[], hidden: Set<Path>): Answer {
    if (f.kind === "repeat") return { rows: rowsOf(text).map((r, i) => this.rowAs(f.items ?? [], r, [...steps, [f.name ?? "", i]], hidden)) };
    if (f.control === "choices") return { choices: split(f, text) };
    if (f.control === "point" && f.format) {
      const p = place(text);
      return p ? `${p[0]}, ${p[1]}` : text;
    }
    return text;
  }

  // What the form is with these answers.
  state(given: Values): State {
    let values = given;
    let hidden = new Set<Path>();
    let shown = new Set<Path>();
    for (let i = 0; i < rounds; i++) {
      const pass = new Pass(hidden);
      const next = this.settle(this.definition.items, values, this.rowAs(this.definition.items, values, [], hidden), [], pass, false);
      const settled = !pass.changed && pass.hidden.size === hidden.size && [...pass.hidden].every((p) => hidden.has(p));
      [values, hidden, shown] = [next, pass.hidden, pass.shown];
      if (settled) break;
    }
    const problems: Problem[] = [];
    const offered = new Map<Path, Choice[]>();
    this.check(this.definition.items, values, this.rowAs(this.definition.items, values, [], hidden), [], shown, problems, offered);
    return { values, shown, offered, problems, faults: [...new Set(this.faults)] };
  }

  // One pass over the questions, in their order: what is relevant, what is calculated.
  private settle(items: Item[], own: Values, root: Row, steps: Step[], pass: Pass, gone: boolean): Values {
    let values = own;
    items.forEach((it, n) => {
      const name = nameOfItem(it, n);
      const path = pathOf(steps, name);
      const self = it.kind === "field" ? this.answer(it, values[name] ?? "", steps, pass.before) : "";
      const relevant = it.relevant ? this.expression(it.relevant) : null;
      const hidden = gone || (!!relevant && !toBoolean(evaluate(relevant, this.env(root, steps, self))));
      if (hidden) pass.hidden.add(path);
      else pass.shown.add(path);
      if (it.kind === "section") values = this.settle(it.items ?? [], values, root, steps, pass, hidden);
      if (it.kind === "repeat" && !hidden) values = this.settleRows(it, values, root, steps, pass);
      const calculation = it.kind === "field" && !hidden && it.calculation ? this.expression(it.calculation) : null;
      if (!calculation || (values[name] && changes(calculation))) return;
      const text = toText(evaluate(calculation, this.env(root, steps, self)));
      if (text === (values[name] ?? "")) return;
      values = { ...values, [name]: text };
      pass.changed = true;
    });
    return values;
  }

  private settleRows(it: Item, values: Values, root: Row, steps: Step[], pass: Pass): Values {
    const name = it.name ?? "";
    const rows = rowsOf(values[name]);
    let changed = false;
    const next = rows.map((r, i) => {
      const out = this.settle(it.items ?? [], r, root, [...steps, [name, i]], pass, false);
      changed ||= out !== r;
      return out;
    });
    return changed ? { ...values, [name]: JSON.stringify(next) } : values;
  }

  private check(items: Item[], own: Values, root: Row, steps: Step[], shown: Set<Path>, problems: Problem[], offered: Map<Path, Choice[]>): void {
    for (const it of items) {
      const name = it.name ?? "";
      const path = pathOf(steps, name);
      if (it.kind === "section") this.check(it.items ?? [], own, root, steps, shown, problems, offered);
      if (it.kind === "note" || it.kind === "section" || !shown.has(path)) continue;
      const text = own[name] ?? "";
      if (it.kind === "repeat") {
        const rows = rowsOf(text);
        if (rows.length < (it.min ?? 0)) problems.push({ path, key: "problem.few-rows", args: { Count: String(it.min) } });
        if (rows.length > (it.max || mostRows)) problems.push({ path, key: "problem.many-rows", args: { Count: String(it.max || mostRows) } });
        rows.forEach((r, i) => this.check(it.items ?? [], r, root, [...steps, [name, i]], shown, problems, offered));
        continue;
      }
      const choices = this.offers(it, root, steps, text);
      if (choices) offered.set(path, choices);
      const wrong = fault(choices ? { ...it, choices } : it, text);
      if (wrong) problems.push({ path, ...wrong, text: wrong.key.startsWith("problem.pattern") ? it.constraint_message || undefined : undefined });
      else if (it.constraint && text !== "") {
        const e = this.expression(it.constraint);
        if (e && !toBoolean(evaluate(e, this.env(root, steps, this.answer(it, text, steps, new Set()))))) problems.push({ path, key: "problem.constraint", text: it.constraint_message || undefined });
      }
    }
  }

  // The choices that the filter of a question leaves; undefined when it has none.
  private offers(it: Item, root: Row, steps: Step[], text: string): Choice[] | undefined {
    const filter = it.choice_filter ? this.expression(it.choice_filter, true) : null;
    if (!filter) return undefined;
    const env = this.env(root, steps, this.answer(it, text, steps, new Set()));
    return it.choices?.filter((c) => toBoolean(evaluate(filter, { ...env, column: (name) => c.columns?.[name] ?? (name === "name" ? c.value : name === "label" ? ownLabel(c) : "") })));
  }

  // What is sent: the answers to what is shown, nothing of questions that are hidden.
  answers(given: Values): Values {
    const { values, shown } = this.state(given);
    const only = (items: Item[], own: Values, steps: Step[]): Values => {
      const out: Values = {};
      for (const f of fieldsOf(items)) {
        const name = f.name ?? "";
        const text = own[name] ?? "";
        if (text.trim() === "" || !shown.has(pathOf(steps, name))) continue;
        if (f.kind !== "repeat") {
          out[name] = text;
          continue;
        }
        const rows = rowsOf(text).map((r, i) => only(f.items ?? [], r, [...steps, [name, i]])).filter((r) => Object.keys(r).length);
        if (rows.length) out[name] = JSON.stringify(rows);
      }
      return out;
    };
    return only(this.definition.items, values, []);
  }
}

class Pass {
  changed = false;
  readonly hidden = new Set<Path>();
  readonly shown = new Set<Path>();
  constructor(readonly before: Set<Path>) {}
}
