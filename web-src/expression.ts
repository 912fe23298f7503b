// The expressions of forms (relevant, constraint, calculation): the part of XPath 1.0
// and of the XLSForm functions that forms are written with. The server has the same
// evaluator in Go (internal/schema/expression); both run testdata/cases.json.
//
// parse reads a text once; evaluate gives its value against the answers of a form.
// Nothing here touches the page, the network or the clock: what an expression may
// know comes in a Scope.

// A value of an expression. A list is the answers of one question over the rows of a repeat.
export type Value = string | number | boolean | string[];

export interface Scope {
  // The answer to a question: "" when there is none, a list when it stands in a repeat
  // that the expression is not in, undefined when the form has no such question.
  answer(name: string): string | string[] | undefined;
  current: string; // the answer that "." stands for
  now: Date; // corrected by the server's clock
  position: number; // of the row in its repeat, from 1
  uuid(): string;
  label?(question: string, value: string): string; // jr:choice-name
}

export class ExpressionError extends Error {}

export const limits = { length: 4096, depth: 64 };

type Node =
  | { kind: "value"; value: string | number }
  | { kind: "answer"; name: string }
  | { kind: "current" }
  | { kind: "minus"; of: Node }
  | { kind: "binary"; op: string; left: Node; right: Node }
  | { kind: "call"; name: string; args: Node[] };

export type Expression = { source: string; root: Node };

interface Token {
  kind: "number" | "text" | "answer" | "name" | "op";
  text: string;
}

const tokenPattern = /\s*(?:(\d+(?:\.\d*)?|\.\d+)|"([^"]*)"|'([^']*)'|\$\{\s*([^{}\s]+)\s*\}|([A-Za-z_][\w.:-]*)|(!=|<=|>=|[-+*=<>(),.]))/y;

function tokens(source: string): Token[] {
  const out: Token[] = [];
  const text = source.trimEnd();
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex;
    const m = tokenPattern.exec(text);
    if (!m) throw new ExpressionError(`unexpected character at ${at + 1}`);
    if (m[1] !== undefined) out.push({ kind: "number", text: m[1] });
    else if (m[2] !== undefined || m[3] !== undefined) out.push({ kind: "text", text: m[2] ?? m[3] });
    else if (m[4] !== undefined) out.push({ kind: "answer", text: m[4] });
    else if (m[5] !== undefined) out.push({ kind: "name", text: m[5] });
    else out.push({ kind: "op", text: m[6] });
  }
  return out;
}

const levels = [["or"], ["and"], ["=", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "div", "mod"]];

class Parser {
  private i = 0;
  private depth = 0;
  constructor(private readonly list: Token[]) {}

  whole(): Node {
    const root = this.level(0);
    if (this.i < this.list.length) throw new ExpressionError(`unexpected ${this.list[this.i].text}`);
    return root;
  }

  private peek(text: string): boolean {
    const t = this.list[this.i];
    return t !== undefined && (t.kind === "op" || t.kind === "name") && t.text === text;
  }

  private take(text: string): boolean {
    if (!this.peek(text)) return false;
    this.i++;
    return true;
  }

  private level(n: number): Node {
    if (n === levels.length) return this.unary();
    if (n === 0 && ++this.depth > limits.depth) throw new ExpressionError("too deep");
    let left = this.level(n + 1);
    for (;;) {
      const op = levels[n].find((o) => this.peek(o));
      if (!op) break;
      this.i++;
      left = { kind: "binary", op, left, right: this.level(n + 1) };
    }
    if (n === 0) this.depth--;
    return left;
  }

  private unary(): Node {
    let minus = false;
    while (this.take("-")) minus = !minus;
    const of = this.primary();
    return minus ? { kind: "minus", of } : of;
  }

  private primary(): Node {
    const t = this.list[this.i++];
    if (!t) throw new ExpressionError("unexpected end");
    switch (t.kind) {
      case "number":
        return { kind: "value", value: Number(t.text) };
      case "text":
        return { kind: "value", value: t.text };
      case "answer":
        return { kind: "answer", name: t.text };
      case "name":
        return this.call(t.text);
      case "op":
        if (t.text === ".") {
          if (this.take(".")) return { kind: "current" }; // ".." of position(..)
          return { kind: "current" };
        }
        if (t.text === "(") {
          const inner = this.level(0);
          if (!this.take(")")) throw new ExpressionError("missing )");
          return inner;
        }
    }
    throw new ExpressionError(`unexpected ${t.text}`);
  }

  private call(name: string): Node {
    if (!this.take("(")) throw new ExpressionError(`unexpected ${name}`);
    const args: Node[] = [];
    if (!this.take(")")) {
      do args.push(this.level(0));
      while (this.take(","));
      if (!this.take(")")) throw new ExpressionError("missing )");
    }
    const f = functions[name];
    if (!f) throw new ExpressionError(`unknown function ${name}`);
    if (args.length < f.least || args.length > f.most) throw new ExpressionError(`wrong number of arguments of ${name}`);
    return { kind: "call", name, args };
  }
}

// Reads an expression; throws ExpressionError when it is none.
export function parse(source: string): Expression {
  if (source.length > limits.length) throw new ExpressionError("too long");
  return { source, root: new Parser(tokens(source)).whole() };
}

// The questions that an expression asks about.
export function questions(e: Expression): Set<string> {
  const out = new Set<string>();
  const walk = (n: Node) => {
    if (n.kind === "answer") out.add(n.name);
    else if (n.kind === "minus") walk(n.of);
    else if (n.kind === "binary") walk(n.left), walk(n.right);
    else if (n.kind === "call") n.args.forEach(walk);
  };
  walk(e.root);
  return out;
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

// Days since 1970 of a date or moment as forms write them; NaN for anything else.
function days(text: string): number {
  const m = datePattern.exec(text);
  if (!m) return NaN;
  if (m[4] === undefined) return Date.UTC(+m[1], +m[2] - 1, +m[3]) / 86_400_000;
  if (m[7]) return Date.parse(text.replace(" ", "T").replace(/([+-]\d{2})(\d{2})$/, "$1:$2")) / 86_400_000;
  return new Date(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +(m[6] ?? 0)).getTime() / 86_400_000;
}

export function toNumber(v: Value): number {
  if (Array.isArray(v)) v = v[0] ?? "";
  if (typeof v === "number") return v;
  if (typeof v === "boolean") return v ? 1 : 0;
  const text = v.trim();
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^[+-]?\d+,\d+$/.test(text)) return Number(text.replace(",", ".")); // a French decimal
  return days(text);
}

export function toText(v: Value): string {
  if (Array.isArray(v)) return v[0] ?? "";
  if (typeof v === "number") return Number.isFinite(v) ? plain(v) : Number.isNaN(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity";
  return typeof v === "boolean" ? (v ? "true" : "false") : v;
}

// A number without an exponent, as XPath writes it.
function plain(n: number): string {
  if (Object.is(n, -0)) return "0";
  const s = String(n);
  if (!/e/.test(s)) return s;
  return n >= 1e21 || n <= -1e21 ? BigInt(Math.trunc(n)).toString() : n.toFixed(20).replace(/\.?0+$/, "");
}

export function toBoolean(v: Value): boolean {
  if (Array.isArray(v)) return v.length > 0;
  if (typeof v === "number") return v !== 0 && !Number.isNaN(v);
  return typeof v === "boolean" ? v : v !== "";
}

const isDate = (v: Value) => typeof v === "string" && datePattern.test(v);

function equal(a: Value, b: Value): boolean {
  if (Array.isArray(a)) return a.some((x) => equal(x, b));
  if (Array.isArray(b)) return b.some((x) => equal(a, x));
  if (typeof a === "boolean" || typeof b === "boolean") return toBoolean(a) === toBoolean(b);
  if (typeof a === "number" || typeof b === "number") return toNumber(a) === toNumber(b);
  if (isDate(a) && isDate(b)) return days(a) === days(b);
  return a === b;
}

function compare(op: string, a: Value, b: Value): boolean {
  if (Array.isArray(a)) return a.some((x) => compare(op, x, b));
  if (Array.isArray(b)) return b.some((x) => compare(op, a, x));
  const x = toNumber(a);
  const y = toNumber(b);
  switch (op) {
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    default:
      return x >= y;
  }
}

function binary(n: Extract<Node, { kind: "binary" }>, s: Scope): Value {
  const left = run(n.left, s);
  if (n.op === "or") return toBoolean(left) || toBoolean(run(n.right, s));
  if (n.op === "and") return toBoolean(left) && toBoolean(run(n.right, s));
  const right = run(n.right, s);
  switch (n.op) {
    case "=":
      return equal(left, right);
    case "!=":
      return Array.isArray(left) || Array.isArray(right) ? flat([left]).some((x) => flat([right]).some((y) => !equal(x, y))) : !equal(left, right);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compare(n.op, left, right);
  }
  const x = toNumber(left);
  const y = toNumber(right);
  switch (n.op) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return x * y;
    case "div":
      return x / y;
    default:
      return x % y;
  }
}

function run(n: Node, s: Scope): Value {
  switch (n.kind) {
    case "value":
      return n.value;
    case "current":
      return s.current;
    case "minus":
      return -toNumber(run(n.of, s));
    case "answer": {
      const v = s.answer(n.name);
      if (v === undefined) throw new ExpressionError(`no question ${n.name}`);
      return v;
    }
    case "binary":
      return binary(n, s);
    case "call":
      return functions[n.name].of((i) => run(n.args[i], s), n.args.length, s, n.args);
  }
}

// The value of an expression. Throws ExpressionError for a question that the form does not have.
export function evaluate(e: Expression, s: Scope): Value {
  return run(e.root, s);
}

interface Func {
  least: number;
  most: number;
  of(arg: (i: number) => Value, n: number, s: Scope, nodes: Node[]): Value;
}

function flat(values: Value[]): Value[] {
  return values.flatMap((v): Value[] => (Array.isArray(v) ? v : [v]));
}

const all = (arg: (i: number) => Value, n: number) => flat(Array.from({ length: n }, (_, i) => arg(i)));

// What was chosen of a question with several answers: separated as the forms join them.
const chosen = (v: Value) => toText(v).split(/[;,|\s]+/).filter((x) => x !== "");

function isChosen(answer: Value, value: Value): boolean {
  const want = toText(value).trim();
  const text = toText(answer);
  return text.split(/[;,|]/).some((x) => x.trim() === want) || text.trim().split(/\s+/).includes(want);
}

const pad = (n: number, width: number) => String(n).padStart(width, "0");
const dateOf = (d: Date) => `${pad(d.getFullYear(), 4)}-${pad(d.getMonth() + 1, 2)}-${pad(d.getDate(), 2)}`;

function momentOf(d: Date): string {
  const zone = -d.getTimezoneOffset();
  const sign = zone < 0 ? "-" : "+";
  const z = Math.abs(zone);
  return `${dateOf(d)}T${pad(d.getHours(), 2)}:${pad(d.getMinutes(), 2)}:${pad(d.getSeconds(), 2)}.${pad(d.getMilliseconds(), 3)}${sign}${pad(Math.floor(z / 60), 2)}:${pad(z % 60, 2)}`;
}

function asDate(v: Value): Date | undefined {
  const text = toText(v).trim();
  if (typeof v === "number" || /^[+-]?\d+(\.\d+)?$/.test(text)) {
    const ms = Number(text) * 86_400_000;
    const d = new Date(ms);
    return Number.isNaN(ms) ? undefined : new Date(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds());
  }
  const m = datePattern.exec(text);
  if (!m) return undefined;
  if (m[7]) return new Date(days(text) * 86_400_000);
  return new Date(+m[1], +m[2] - 1, +m[3], +(m[4] ?? 0), +(m[5] ?? 0), +(m[6] ?? 0));
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function formatDate(v: Value, format: string): string {
  const d = asDate(v);
  if (!d) return "";
  const parts: Record<string, string> = {
    Y: pad(d.getFullYear(), 4), y: pad(d.getFullYear() % 100, 2), m: pad(d.getMonth() + 1, 2), n: String(d.getMonth() + 1), b: months[d.getMonth()], d: pad(d.getDate(), 2), e: String(d.getDate()),
    H: pad(d.getHours(), 2), h: String(d.getHours()), M: pad(d.getMinutes(), 2), S: pad(d.getSeconds(), 2), 3: pad(d.getMilliseconds(), 3), a: weekdays[d.getDay()], "%": "%",
  };
  return format.replace(/%(.)/g, (whole, c: string) => parts[c] ?? whole);
}

// Longitude and latitude of a position: "lon, lat" as tables write it, JSON, or
// "lat lon" with a space as other collection tools do.
export function place(text: string): [number, number] | undefined {
  const t = text.trim();
  const pair = /^([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)/.exec(t);
  if (pair) return [Number(pair[1]), Number(pair[2])];
  const spaced = /^([+-]?\d+(?:\.\d+)?)\s+([+-]?\d+(?:\.\d+)?)/.exec(t);
  if (spaced) return [Number(spaced[2]), Number(spaced[1])];
  if (!/^[[{]/.test(t)) return undefined;
  try {
    const v = JSON.parse(t) as { lon?: number; lat?: number; coordinates?: number[] } | number[];
    const [lon, lat] = Array.isArray(v) ? v : v.coordinates ?? [v.lon, v.lat];
    return typeof lon === "number" && typeof lat === "number" ? [lon, lat] : undefined;
  } catch {
    return undefined;
  }
}

// The positions of a path: a GeoJSON line or surface, or positions separated by ";".
function path(v: Value): [number, number][] {
  if (Array.isArray(v)) return v.map((x) => place(x)).filter((x) => x !== undefined);
  const text = toText(v).trim();
  if (text.startsWith("{")) {
    try {
      const g = JSON.parse(text) as { type?: string; coordinates?: unknown };
      const c = g.type === "Polygon" ? (g.coordinates as unknown[])[0] : g.coordinates;
      if (Array.isArray(c) && Array.isArray(c[0])) return c as [number, number][];
    } catch {
      return [];
    }
  }
  return text.split(";").map((x) => place(x)).filter((x) => x !== undefined);
}

const radius = 6_378_100; // metres, of the sphere that XLSForm measures on
const rad = (d: number) => (d * Math.PI) / 180;

// Metres between two positions over the sphere.
export function metres(a: [number, number], b: [number, number]): number {
  const x = Math.sin(rad(b[1] - a[1]) / 2) ** 2 + Math.cos(rad(a[1])) * Math.cos(rad(b[1])) * Math.sin(rad(b[0] - a[0]) / 2) ** 2;
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(x)));
}

function length(points: [number, number][]): number {
  let sum = 0;
  for (let i = 1; i < points.length; i++) sum += metres(points[i - 1], points[i]);
  return sum;
}

function surface(points: [number, number][]): number {
  if (points.length < 3) return 0;
  let sum = 0;
  for (let i = 0; i < points.length; i++) {
    const a = points[i];
    const b = points[(i + 1) % points.length];
    sum += rad(b[0] - a[0]) * (2 + Math.sin(rad(a[1])) + Math.sin(rad(b[1])));
  }
  return Math.abs((sum * radius * radius) / 2);
}

function substring(text: string, from: number, to: number): string {
  const letters = [...text];
  const at = (n: number) => (Number.isNaN(n) ? 0 : n < 0 ? Math.max(0, letters.length + n) : n);
  return letters.slice(at(from), at(to)).join("");
}

function round(x: number, digits: number): number {
  if (!Number.isFinite(x)) return x;
  const scale = 10 ** Math.max(-15, Math.min(15, Math.trunc(digits) || 0));
  return Math.floor(x * scale + 0.5) / scale;
}

const numeric = (of: (x: number) => number): Func => ({ least: 1, most: 1, of: (arg) => of(toNumber(arg(0))) });
const texts = (n: number, of: (...t: string[]) => Value): Func => ({ least: n, most: n, of: (arg) => of(...Array.from({ length: n }, (_, i) => toText(arg(i)))) });
const extreme = (pick: (...x: number[]) => number): Func => ({
  least: 1,
  most: 50,
  of: (arg, n) => {
    const given = all(arg, n).filter((v) => v !== "");
    const numbers = given.map(toNumber);
    if (!numbers.length || numbers.some(Number.isNaN)) return NaN;
    const best = pick(...numbers);
    const source = given[numbers.indexOf(best)];
    return isDate(source) ? source : best;
  },
});

const functions: Record<string, Func> = {
  true: { least: 0, most: 0, of: () => true },
  false: { least: 0, most: 0, of: () => false },
  not: { least: 1, most: 1, of: (arg) => !toBoolean(arg(0)) },
  boolean: { least: 1, most: 1, of: (arg) => toBoolean(arg(0)) },
  if: { least: 3, most: 3, of: (arg) => (toBoolean(arg(0)) ? arg(1) : arg(2)) },
  coalesce: {
    least: 1,
    most: 50,
    of: (arg, n) => {
      for (let i = 0; i < n; i++) {
        const v = arg(i);
        if (toText(v) !== "") return v;
      }
      return "";
    },
  },
  selected: { least: 2, most: 2, of: (arg) => isChosen(arg(0), arg(1)) },
  "selected-at": { least: 2, most: 2, of: (arg) => chosen(arg(0))[toNumber(arg(1))] ?? "" },
  "count-selected": { least: 1, most: 1, of: (arg) => chosen(arg(0)).length },
  "string-length": { least: 0, most: 1, of: (arg, n, s) => [...(n ? toText(arg(0)) : s.current)].length },
  regex: texts(2, (text, pattern) => {
    try {
      return new RegExp(`^(?:${pattern})$`, "u").test(text);
    } catch {
      throw new ExpressionError("wrong pattern");
    }
  }),
  concat: { least: 1, most: 50, of: (arg, n) => all(arg, n).map(toText).join("") },
  join: { least: 2, most: 50, of: (arg, n) => flat(Array.from({ length: n - 1 }, (_, i) => arg(i + 1))).map(toText).join(toText(arg(0))) },
  substr: { least: 2, most: 3, of: (arg, n) => substring(toText(arg(0)), toNumber(arg(1)), n > 2 ? toNumber(arg(2)) : Infinity) },
  contains: texts(2, (a, b) => a.includes(b)),
  "starts-with": texts(2, (a, b) => a.startsWith(b)),
  "ends-with": texts(2, (a, b) => a.endsWith(b)),
  "substring-before": texts(2, (a, b) => (b && a.includes(b) ? a.slice(0, a.indexOf(b)) : "")),
  "substring-after": texts(2, (a, b) => (a.includes(b) ? a.slice(a.indexOf(b) + b.length) : "")),
  translate: texts(3, (text, from, to) => [...text].map((c) => ([...from].includes(c) ? [...to][[...from].indexOf(c)] ?? "" : c)).join("")),
  "normalize-space": texts(1, (a) => a.trim().replace(/\s+/g, " ")),
  "upper-case": texts(1, (a) => a.toUpperCase()),
  "lower-case": texts(1, (a) => a.toLowerCase()),
  round: { least: 1, most: 2, of: (arg, n) => round(toNumber(arg(0)), n > 1 ? toNumber(arg(1)) : 0) },
  int: numeric(Math.trunc),
  floor: numeric(Math.floor),
  ceiling: numeric(Math.ceil),
  abs: numeric(Math.abs),
  sqrt: numeric(Math.sqrt),
  pow: { least: 2, most: 2, of: (arg) => toNumber(arg(0)) ** toNumber(arg(1)) },
  number: numeric((x) => x),
  string: texts(1, (a) => a),
  today: { least: 0, most: 0, of: (_a, _n, s) => dateOf(s.now) },
  now: { least: 0, most: 0, of: (_a, _n, s) => momentOf(s.now) },
  date: { least: 1, most: 1, of: (arg) => (asDate(arg(0)) ? dateOf(asDate(arg(0)) as Date) : "") },
  "date-time": { least: 1, most: 1, of: (arg) => (asDate(arg(0)) ? momentOf(asDate(arg(0)) as Date) : "") },
  "decimal-date-time": { least: 1, most: 1, of: (arg) => toNumber(arg(0)) },
  "format-date": { least: 2, most: 2, of: (arg) => formatDate(arg(0), toText(arg(1))) },
  "format-date-time": { least: 2, most: 2, of: (arg) => formatDate(arg(0), toText(arg(1))) },
  min: extreme(Math.min),
  max: extreme(Math.max),
  sum: { least: 1, most: 50, of: (arg, n) => all(arg, n).filter((v) => v !== "").reduce((a: number, v) => a + toNumber(v), 0) },
  count: { least: 1, most: 1, of: (arg) => { const v = arg(0); return Array.isArray(v) ? v.length : v === "" ? 0 : 1; } },
  "count-non-empty": { least: 1, most: 1, of: (arg) => flat([arg(0)]).filter((v) => v !== "").length },
  position: { least: 0, most: 1, of: (_a, _n, s) => s.position },
  once: { least: 1, most: 1, of: (arg, _n, s) => (s.current !== "" ? s.current : arg(0)) },
  uuid: { least: 0, most: 1, of: (_a, _n, s) => s.uuid() },
  distance: { least: 1, most: 2, of: (arg, n) => length(n > 1 ? [...path(arg(0)), ...path(arg(1))] : path(arg(0))) },
  area: { least: 1, most: 1, of: (arg) => surface(path(arg(0))) },
  "jr:choice-name": { least: 2, most: 2, of: (arg, _n, s, nodes) => {
    const value = toText(arg(0));
    const asked = nodes[1];
    const name = asked.kind === "answer" ? asked.name : toText(arg(1)).replace(/^\$\{\s*|\s*\}$/g, "");
    return s.label?.(name, value) ?? value;
  } },
};
