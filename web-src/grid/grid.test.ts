import assert from "node:assert/strict";
import { test } from "node:test";
import { read, write } from "./clipboard";
import type { Column, Row } from "./sheet";
import { Sheet } from "./sheet";

test("the clipboard of a spreadsheet", () => {
  assert.deepEqual(read("a\tb\n1\t2\n"), [["a", "b"], ["1", "2"]]);
  assert.deepEqual(read("a\tb\r\n1\t\r\n"), [["a", "b"], ["1", ""]]);
  assert.deepEqual(read('"deux\nlignes"\t"un ""mot"""\nx\ty'), [["deux\nlignes", 'un "mot"'], ["x", "y"]]);
  assert.deepEqual(read('"pas fermé\tb'), [['"pas fermé', "b"]]);
  assert.deepEqual(read('5" de pluie\tb'), [['5" de pluie', "b"]]);
  assert.deepEqual(read("a\t"), [["a", ""]]);
  assert.deepEqual(read(""), []);
  const rows = [["é", 'a"b', "l1\nl2", ""], ["", "tab\there", "x", "y"]];
  assert.deepEqual(read(write(rows)), rows);
});

const column = (name: string, kind: Column["kind"] = "text", more: Partial<Column> = {}): Column => ({ name, title: name, kind, required: false, help: "", choices: [], readOnly: false, ...more });

function sheet(...cells: string[][]): { s: Sheet; sent: Row[][] } {
  const sent: Row[][] = [];
  let n = 0;
  const s = new Sheet([column("nom"), column("montant", "number"), column("date", "date")], () => `new-${n++}`, (rows) => sent.push([...rows]));
  s.load(cells.map((c, i) => ({ id: `r${i}`, revision: 1, cells: c, faults: [], base: null, removed: false })));
  return { s, sent };
}
const shown = (s: Sheet): string[] => s.order.map((r) => r.cells.join("|"));

test("a block pasted over the last row adds rows, and one undo takes it back", () => {
  const { s, sent } = sheet(["a", "1", ""]);
  const done = s.put({ row: 0, column: 1 }, [["10", "2026-01-01", "too far"], ["20", "2026-01-02"], ["30", ""]]);
  assert.deepEqual(shown(s), ["a|10|2026-01-01", "|20|2026-01-02", "|30|"]);
  assert.equal(done.cut, 1);
  assert.deepEqual(done.area, { top: 0, left: 1, bottom: 2, right: 2 });
  assert.equal(sent[0]?.length, 3);
  s.undo();
  assert.deepEqual(shown(s), ["a|1|"]);
  s.redo();
  assert.deepEqual(shown(s), ["a|10|2026-01-01", "|20|2026-01-02", "|30|"]);
});

test("numbers sort as numbers, empty cells last, equal ones as entered", () => {
  const { s } = sheet(["a", "10", ""], ["b", "", ""], ["c", "9,5", ""], ["d", "1 200", ""], ["e", "10", ""]);
  s.sort = { column: 1, descending: false };
  s.arrange();
  assert.deepEqual(s.order.map((r) => r.cells[0]), ["c", "a", "e", "d", "b"]);
  s.sort = { column: 1, descending: true };
  s.arrange();
  assert.deepEqual(s.order.map((r) => r.cells[0]), ["d", "a", "e", "c", "b"]);
});

test("a filter forgives case and accents, and stays as it is while one types", () => {
  const { s } = sheet(["Éclairage", "", ""], ["eau", "", ""]);
  s.filters.set(0, "ECLAI");
  s.arrange();
  assert.deepEqual(s.order.map((r) => r.cells[0]), ["Éclairage"]);
  s.put({ row: 0, column: 0 }, [["Voirie"]]);
  assert.deepEqual(s.order.map((r) => r.cells[0]), ["Voirie"]);
});

test("filling down, clearing, removing", () => {
  const { s } = sheet(["a", "1", "x"], ["b", "2", "y"], ["c", "3", "z"]);
  s.fill({ top: 0, left: 0, bottom: 2, right: 1 });
  assert.deepEqual(shown(s), ["a|1|x", "a|1|y", "a|1|z"]);
  s.clear({ top: 1, left: 0, bottom: 1, right: 2 });
  assert.deepEqual(shown(s), ["a|1|x", "||", "a|1|z"]);
  s.remove(0, 1);
  assert.deepEqual(shown(s), ["a|1|z"]);
  s.undo();
  assert.deepEqual(shown(s), ["a|1|x", "||", "a|1|z"], "rows come back to their place");
});

test("two people change one row: other cells join, the same cell goes to who came first", () => {
  const { s } = sheet(["a", "1", "x"]);
  const row = s.order[0]!;
  s.put({ row: 0, column: 0 }, [["mine"]]);
  let a = s.arrived("r0", 2, ["a", "7", "x"], [], false);
  assert.deepEqual(a.both, []);
  assert.deepEqual(row.cells, ["mine", "7", "x"]);
  a = s.arrived("r0", 3, ["theirs", "7", "x"], [], false);
  assert.deepEqual(a.both, [{ column: 0, theirs: "theirs", mine: "mine" }]);
  assert.deepEqual(row.cells, ["theirs", "7", "x"]);
  assert.equal(row.base, null, "nothing is left to send");
});

test("what was typed while a sending was under way is sent next", () => {
  const { s } = sheet(["a", "1", "x"]);
  const row = s.order[0]!;
  s.put({ row: 0, column: 0 }, [["b"]]);
  const sent = row.cells.slice();
  s.put({ row: 0, column: 0 }, [["bc"]]);
  s.saved(row, 2, sent, sent, []);
  assert.deepEqual(row.base, ["b", "1", "x"]);
  s.saved(row, 3, ["bc", "1", "x"], ["BC", "1", "x"], []);
  assert.equal(row.base, null);
  assert.equal(row.cells[0], "BC", "the server keeps it in its own writing");
});

test("safe repairs are applied at once and undone at once", () => {
  const { s } = sheet(["a", "", "31/12/2025"], ["b", "", "01/02/2026"]);
  s.order.forEach((r) => r.faults.push({ column: 2, message: "", hint: "", repair: r.cells[2]!.split("/").reverse().join("-"), safe: true }));
  assert.equal(s.repair((_, f) => f.safe), 2);
  assert.deepEqual(shown(s), ["a||2025-12-31", "b||2026-02-01"]);
  s.undo();
  assert.deepEqual(shown(s), ["a||31/12/2025", "b||01/02/2026"]);
});

test("100,000 rows: sorting, filtering and a paste of 10,000 stay one thing each", () => {
  const { s, sent } = sheet(...Array.from({ length: 100_000 }, (_, i) => [`nom ${i % 977}`, String((i * 7919) % 100_003), "2026-01-01"]));
  s.sort = { column: 1, descending: false };
  s.arrange();
  assert.equal(s.order[1]?.cells[1], "1");
  s.sort = null;
  s.arrange();
  s.put({ row: 100_000, column: 0 }, Array.from({ length: 10_000 }, (_, i) => [`p${i}`, String(i), ""]));
  assert.equal(s.count, 110_000);
  assert.equal(sent.length, 1);
  s.undo();
  assert.equal(s.count, 100_000);
});
