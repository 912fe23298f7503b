// The cases that the evaluator of the server runs too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { evaluate, ExpressionError, parse, parseFilter, toBoolean, toText } from "./index";
import type { Answer, Env, Row } from "./index";
import { functions } from "./functions";

type Raw = string | (string | { [name: string]: Raw })[];
interface Case {
  expression: string;
  values?: Record<string, Raw>;
  self?: Raw;
  path?: [string, number][];
  columns?: Record<string, string>; // of a choice: the expression is a filter
  labels?: Record<string, Record<string, string>>;
  language?: string;
  text: string;
  true?: boolean;
}
interface Cases {
  now: string;
  uuid: string;
  cases: Case[];
  errors: { expression: string; error: string; position?: number }[];
}

const file = JSON.parse(readFileSync("../internal/schema/expression/testdata/cases.json", "utf8")) as Cases;

function answer(raw: Raw): Answer {
  if (typeof raw === "string") return raw;
  if (raw.every((x) => typeof x === "string")) return { choices: raw };
  return { rows: raw.map((r) => row(r as Record<string, Raw>)) };
}
const row = (values: Record<string, Raw>): Row => new Map(Object.entries(values).map(([k, v]) => [k, answer(v)]));

test("cases.json", () => {
  assert.ok(file.cases.length >= 200 && file.errors.length >= 20);
  const used = new Set<string>();
  for (const c of file.cases) {
    const env: Env = {
      root: row(c.values ?? {}), path: c.path ?? [], self: answer(c.self ?? ""), now: Date.parse(file.now), zone: 60, language: c.language ?? "",
      uuid: () => file.uuid, label: (name, value) => c.labels?.[name]?.[value] ?? value, column: (name) => c.columns?.[name] ?? "",
    };
    const v = evaluate((c.columns ? parseFilter : parse)(c.expression), env);
    assert.equal(toText(v), c.text, c.expression);
    if (c.true !== undefined) assert.equal(toBoolean(v), c.true, `${c.expression} as a condition`);
    for (const name of Object.keys(functions)) if (c.expression.includes(`${name}(`)) used.add(name);
  }
  assert.deepEqual(Object.keys(functions).filter((f) => !used.has(f)), [], "functions without a case");
});

test("errors of cases.json", () => {
  for (const c of file.errors) {
    assert.throws(() => parse(c.expression), (e) => e instanceof ExpressionError && e.key === c.error && e.position === (c.position ?? 0), JSON.stringify(c));
  }
});

test("bounds", () => {
  assert.throws(() => parse(`'${"a".repeat(4000)}'`), /expression.long/);
  assert.throws(() => parse("(".repeat(41) + "1" + ")".repeat(41)), /expression.deep/);
  assert.throws(() => parse("constructor()"), /expression.function/);
});
