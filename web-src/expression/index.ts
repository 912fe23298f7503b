// The expressions of forms (relevant, constraint, calculation): the language of XLSForm.
// The server has the same in Go (internal/schema/expression); its testdata/cases.json is
// where the meaning is written down, and both run it.
//
// parse reads a text once, evaluate gives its value. Nothing here touches the page,
// the network or the clock: what an expression may know comes in an Env.
import { functions, wholePattern } from "./functions";
import type { Clock } from "./moment";
import { plainNumber, answerOf, booleanOf, equal, less, numberOf, textOf, toBoolean, toNumber, toText } from "./value";
import type { Answer, Row, Value } from "./value";

export { toBoolean, toText };
export { metres, place } from "./place";
export type { Answer, Row, Value };

export interface Env extends Clock {
  root: Row;
  path: [repeat: string, index: number][]; // from the entry down to the row that holds the question
  self: Answer; // of "."
  language: string;
  uuid?(): string;
  label?(question: string, value: string): string;
  column?(name: string): string; // of the choice that a filter looks at
}

// An expression that is none: which rule it breaks, and at which character, from 1.
export class ExpressionError extends Error {
  constructor(
    readonly key: string,
    readonly position: number,
  ) {
    super(`${key} at ${position}`);
  }
}

export const limits = { length: 4000, depth: 40 };

export type Node =
  | { kind: "literal"; value: Value }
  | { kind: "reference"; name: string }
  | { kind: "column"; name: string }
  | { kind: "self" | "parent" }
  | { kind: "minus"; of: Node }
  | { kind: "binary"; op: string; a: Node; b: Node }
  | { kind: "call"; name: string; args: Node[] };

export type Expression = Node;

interface Token {
  kind: "end" | "name" | "text" | "number" | "reference" | "sign";
  text: string;
  at: number;
}

// The sign that ends a text. Word processors write the last two.
const closing: Record<string, string> = { "'": "'", '"': '"', "‘": "’", "’": "’", "“": "”" };
const isDigit = (c: string | undefined) => c !== undefined && c >= "0" && c <= "9";
const nameStart = (c: string | undefined) => c !== undefined && /^[_\p{L}]$/u.test(c);

function tokensOf(source: string): Token[] {
  const letters = [...source];
  if (letters.length > limits.length) throw new ExpressionError("expression.long", 0);
  const out: Token[] = [];
  for (let i = 0; i < letters.length; ) {
    const [t, end] = cut(letters, i);
    if (t) out.push(t);
    i = end;
  }
  if (!out.length) throw new ExpressionError("expression.empty", 0);
  out.push({ kind: "end", text: "", at: letters.length + 1 });
  return out;
}

function cut(s: string[], i: number): [Token | null, number] {
  const c = s[i];
  const at = i + 1;
  let end = i;
  if (/\s/.test(c)) return [null, i + 1];
  if (closing[c]) {
    end = s.indexOf(closing[c], i + 1);
    if (end < 0) throw new ExpressionError("expression.quote", at);
    return [{ kind: "text", text: s.slice(i + 1, end).join(""), at }, end + 1];
  }
  if (c === "$") {
    const close = s[i + 1] === "{" ? s.indexOf("}", i) : -1;
    const name = close < 0 ? "" : s.slice(i + 2, close).join("").trim();
    if (name === "" || /[${'"]/.test(name)) throw new ExpressionError("expression.reference", at);
    return [{ kind: "reference", text: name, at }, close + 1];
  }
  if (isDigit(c) || (c === "." && isDigit(s[i + 1]))) {
    while (isDigit(s[end]) || s[end] === ".") end++;
    const text = s.slice(i, end).join("");
    if (Number.isNaN(plainNumber(text))) throw new ExpressionError("expression.syntax", at);
    return [{ kind: "number", text, at }, end];
  }
  if (nameStart(c)) {
    while (end < s.length && (nameStart(s[end]) || isDigit(s[end]) || "-.:".includes(s[end]))) end++;
    return [{ kind: "name", text: s.slice(i, end).join(""), at }, end];
  }
  if (c === "." || c === "/") return cutPath(s, i);
  const two = s.slice(i, i + 2).join("");
  if (["!=", "<=", ">="].includes(two)) return [{ kind: "sign", text: two, at }, i + 2];
  if ("+-*=<>(),".includes(c)) return [{ kind: "sign", text: c, at }, i + 1];
  throw new ExpressionError("expression.syntax", at);
}

// ".", ".." and paths of XForms, of which the last name counts: names are unique in a form.
function cutPath(s: string[], i: number): [Token, number] {
  let end = i;
  while (end < s.length && (nameStart(s[end]) || isDigit(s[end]) || "./-".includes(s[end]))) end++;
  const path = s.slice(i, end).join("");
  if (path === "." || path === "..") return [{ kind: "sign", text: path, at: i + 1 }, end];
  const last = path.slice(path.lastIndexOf("/") + 1);
  if (!path.includes("/") || !nameStart([...last][0]) || path.includes("//") || path.includes("...")) throw new ExpressionError("expression.syntax", i + 1);
  return [{ kind: "reference", text: last, at: i + 1 }, end];
}

// The operators, from the one that binds least.
const levels = [["or"], ["and"], ["=", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "div", "mod"]];

class Parser {
  private next = 0;
  private depth = 0;
  constructor(
    private readonly tokens: Token[],
    private readonly columns: boolean, // names that stand alone are columns of choices
  ) {}

  whole(): Node {
    const n = this.level(0);
    if (this.tokens[this.next].kind !== "end") throw this.unexpected(this.tokens[this.next]);
    return n;
  }

  private unexpected(t: Token): ExpressionError {
    return new ExpressionError(t.kind === "end" ? "expression.cut-short" : "expression.syntax", t.at);
  }

  private sign(...of: string[]): string | null {
    const t = this.tokens[this.next];
    if ((t.kind !== "sign" && t.kind !== "name") || !of.includes(t.text)) return null;
    this.next++;
    return t.text;
  }

  private level(l: number): Node {
    if (l === levels.length) return this.unary();
    let a = this.level(l + 1);
    for (let left = 1; ; left++) {
      const op = this.sign(...levels[l]);
      if (op === null) return a;
      if (left + this.depth > 10 * limits.depth) throw new ExpressionError("expression.deep", 0);
      a = { kind: "binary", op, a, b: this.level(l + 1) };
    }
  }

  private unary(): Node {
    if (++this.depth > limits.depth) throw new ExpressionError("expression.deep", 0);
    const n: Node = this.sign("-") === null ? this.primary() : { kind: "minus", of: this.unary() };
    this.depth--;
    return n;
  }

  private primary(): Node {
    const t = this.tokens[this.next];
    if (t.kind !== "end") this.next++;
    if (t.kind === "text") return { kind: "literal", value: textOf(t.text) };
    if (t.kind === "number") return { kind: "literal", value: numberOf(plainNumber(t.text)) };
    if (t.kind === "reference") return { kind: "reference", name: t.text };
    if (t.kind === "sign" && t.text === ".") return { kind: "self" };
    if (t.kind === "sign" && t.text === "..") return { kind: "parent" };
    if (t.kind === "sign" && t.text === "(") {
      const n = this.level(0);
      if (this.sign(")") === null) throw this.unexpected(this.tokens[this.next]);
      return n;
    }
    if (t.kind === "name") {
      if (this.sign("(") !== null) return this.call(t);
      if (this.columns) return { kind: "column", name: t.text };
      throw new ExpressionError("expression.name", t.at);
    }
    throw this.unexpected(t);
  }

  private call(name: Token): Node {
    const f = Object.hasOwn(functions, name.text) ? functions[name.text] : undefined;
    if (!f) throw new ExpressionError("expression.function", name.at);
    const args: Node[] = [];
    if (this.sign(")") === null) {
      for (;;) {
        args.push(this.level(0));
        if (this.sign(",") !== null) continue;
        if (this.sign(")") !== null) break;
        throw this.unexpected(this.tokens[this.next]);
      }
    }
    if (args.length < f.least || (f.most >= 0 && args.length > f.most)) throw new ExpressionError("expression.arguments", name.at);
    if (name.text === "regex" && args[1].kind === "literal" && !wholePattern(toText(args[1].value))) throw new ExpressionError("expression.pattern", name.at);
    return { kind: "call", name: name.text, args };
  }
}

// Reads an expression; throws ExpressionError when it is none.
export function parse(source: string): Expression {
  return new Parser(tokensOf(source), false).whole();
}

// Reads a condition on choices: a name that stands alone is a column of the choice.
export function parseFilter(source: string): Expression {
  return new Parser(tokensOf(source), true).whole();
}

// One run over an expression.
export class Evaluation {
  readonly rows: Row[]; // that enclose the question, innermost first, the entry last
  constructor(readonly env: Env) {
    this.rows = [env.root];
    for (const [repeat, index] of env.path) {
      const a: Answer | undefined = this.rows[0].get(repeat);
      const row: Row | undefined = a !== undefined && typeof a !== "string" && "rows" in a ? a.rows[index] : undefined;
      if (!row) break;
      this.rows.unshift(row);
    }
  }

  position(): number {
    return (this.env.path.at(-1)?.[1] ?? 0) + 1;
  }

  eval(n: Node): Value {
    switch (n.kind) {
      case "literal":
        return n.value;
      case "self":
        return answerOf(this.env.self);
      case "parent":
        return numberOf(this.position());
      case "minus":
        return numberOf(-toNumber(this.eval(n.of), this.env));
      case "reference":
        return this.lookup(n.name);
      case "column":
        return textOf(this.env.column?.(n.name) ?? "");
      case "call":
        return functions[n.name].eval(this, n.args);
      case "binary":
        return this.binary(n.op, n.a, n.b);
    }
  }

  // In the row that holds the question, in those around it, else in every row of the repeats.
  private lookup(name: string): Value {
    for (const row of this.rows) {
      const a = row.get(name);
      if (a !== undefined) return answerOf(a);
    }
    const list = inRepeats(this.env.root, name, 0);
    return list ? { kind: "nodes", list } : textOf("");
  }

  private binary(op: string, left: Node, right: Node): Value {
    const a = this.eval(left);
    if (op === "or") return booleanOf(toBoolean(a) || toBoolean(this.eval(right)));
    if (op === "and") return booleanOf(toBoolean(a) && toBoolean(this.eval(right)));
    const b = this.eval(right);
    const clock = this.env;
    switch (op) {
      case "=":
        return booleanOf(equal(a, b, clock));
      case "!=":
        return booleanOf(!equal(a, b, clock));
      case "<":
      case "<=":
        return booleanOf(less(a, b, op === "<=", clock));
      case ">":
      case ">=":
        return booleanOf(less(b, a, op === ">=", clock));
    }
    const [x, y] = [toNumber(a, clock), toNumber(b, clock)];
    return numberOf(op === "+" ? x + y : op === "-" ? x - y : op === "*" ? x * y : op === "div" ? x / y : x % y);
  }
}

function inRepeats(row: Row, name: string, depth: number): string[] | null {
  if (depth > 5) return null;
  let list: string[] | null = null;
  for (const a of row.values()) {
    if (typeof a === "string" || !("rows" in a)) continue;
    for (const r of a.rows) {
      const b = r.get(name);
      const more = b !== undefined ? [toText(answerOf(b))] : inRepeats(r, name, depth + 1);
      if (more) list = [...(list ?? []), ...more];
    }
  }
  return list;
}

// The value of an expression. It cannot fail: what has no value is empty.
export function evaluate(e: Expression, env: Env): Value {
  return new Evaluation(env).eval(e);
}

const changing = new Set(["today", "now", "uuid", "once"]);

// Whether the same answers can give another value later.
export function changes(n: Expression): boolean {
  switch (n.kind) {
    case "call":
      return changing.has(n.name) || n.args.some(changes);
    case "binary":
      return changes(n.a) || changes(n.b);
    case "minus":
      return changes(n.of);
    default:
      return false;
  }
}
