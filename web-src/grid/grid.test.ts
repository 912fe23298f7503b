import assert from "node:assert/strict";
import { test } from "node:test";
import { Across } from "./across";
import { file, read, write } from "./clipboard";
import type { State } from "./saver";
import { Saver } from "./saver";
import type { Column, Row } from "./sheet";
import { Sheet } from "./sheet";
import type { Answer, Remote } from "./store";
import { Store } from "./store";

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

test("rows as a file that spreadsheets open", async () => {
  const bytes = Buffer.from(await file([["nom", "note"], ["a;b", "l1\nl2\tx"]]).arrayBuffer());
  assert.equal(bytes.toString(), '\ufeffnom;note\r\n"a;b";"l1\nl2\tx"\r\n');
});

const column = (name: string, kind: Column["kind"] = "text", more: Partial<Column> = {}): Column => ({ name, title: name, kind, required: false, help: "", choices: [], readOnly: false, ...more });

function sheet(...cells: string[][]): { s: Sheet; sent: Row[][] } {
  const sent: Row[][] = [];
  let n = 0;
  const s = new Sheet([column("nom"), column("montant", "number"), column("date", "date")], () => `new-${n++}`, (rows) => sent.push([...rows]));
  s.load(cells.map((c, i) => ({ id: `r${i}`, revision: 1, cells: c, faults: [], base: null, removed: false })));
  s.settle();
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

test("of many columns only the frozen ones and those that are seen are in the page", () => {
  const a = new Across(Array.from({ length: 120 }, (_, i) => (i === 0 ? 158 : 100)), 1, 56);
  assert.equal(a.whole, 56 + 158 + 119 * 100);
  assert.equal(a.look(0, 1000), true);
  assert.deepEqual(a.drawn, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "what is seen, and four more");
  assert.equal(a.look(300, 1000), false, "what is seen is drawn already");
  assert.equal(a.look(6000, 1000), true);
  assert.equal(a.drawn[0], 0, "the frozen one stays");
  const seen = a.drawn.filter((i) => i > 0 && a.left(i + 1) - 6000 > a.covered && a.left(i) - 6000 < 1000);
  assert.ok(seen.length >= 8 && a.drawn.length < 22, String(a.drawn));
  const tracks = a.tracks();
  let left = 0;
  a.drawn.forEach((column) => {
    left = tracks.slice(0, a.track(column) - 1).reduce((sum, w) => sum + w, 0);
    assert.equal(left, a.left(column), `column ${column} stands where it is`);
  });
  assert.equal(a.look(1e6, 1000), true);
  assert.equal(a.drawn.at(-1), 119);
  const few = new Across([100, 100], 1, 56);
  few.look(0, 0);
  assert.deepEqual(few.drawn, [0, 1]);
  const one = new Across([100], 1, 56);
  assert.equal(one.look(0, 500), true);
  assert.deepEqual([one.drawn, one.look(0, 500)], [[0], false]);
});

type Sent = { layout: string; lines: { id: string; revision: number; cells: string[] }[] };

// A server with the rows of a table, behind fetch and EventSource.
class Table {
  rows = new Map<string, Remote>();
  layout = "L1";
  seq = 0;
  room = 1000; // rows that it takes
  asked: string[] = [];
  tell: (cursor: string) => void = () => undefined;

  put(id: string, cells: string[], revision = 0): Answer {
    const old = this.rows.get(id);
    if (old && old.revision !== revision) return { id, status: 409, line: old };
    if (!old && this.rows.size >= this.room) return { id, status: 413, message: "Full." };
    this.seq++;
    const line: Remote = { id, revision: revision + 1, place: old?.place ?? this.rows.size + 1, removed: false, cells, faults: [], by: "", at: "" };
    this.rows.set(id, line);
    return { id, status: 200, line };
  }

  fetch(address: string, init?: RequestInit): Response {
    const query = new URL(address, "http://x").searchParams;
    const sent = init?.method === "POST" ? (JSON.parse(String(init.body)) as Sent) : undefined;
    this.asked.push(sent ? `send ${sent.lines.length}` : `after ${query.get("after") ?? ""}`);
    if ((sent ? sent.layout : query.get("layout")) === this.layout) return new Response(JSON.stringify(this.answer(query, sent)));
    return new Response(JSON.stringify({ error: { code: "collect.line.columns", message: "Others.", hint: "Load again." } }), { status: 409 });
  }

  private answer(query: URLSearchParams, sent: Sent | undefined): unknown {
    if (sent) {
      const after = this.seq;
      const { lines } = sent;
      const results = lines.map((l) => this.put(l.id, l.cells, l.revision));
      return { results, after: String(after), next: String(this.seq) };
    }
    const cursor = query.get("after") ?? "";
    const all = [...this.rows.values()];
    if (cursor && !cursor.includes("-")) return { lines: all, next: String(this.seq), more: false };
    const [place, since] = cursor ? cursor.split("-").map(Number) : [0, this.seq];
    const page = all.slice(place, place + Math.min(3, Number(query.get("limit"))));
    const more = place + page.length < all.length;
    return { lines: page, next: more ? `${place + page.length}-${since}` : String(since), more };
  }
}

function desk(table: Table): { s: Sheet; saver: Saver; loaded: string[]; state: () => State | undefined; end: () => void } {
  const loaded: string[] = [];
  let state: State | undefined;
  const listeners = new Map<string, (e: unknown) => void>();
  const were = { fetch: globalThis.fetch, source: globalThis.EventSource, document: globalThis.document, window: globalThis.window };
  Object.assign(globalThis, {
    document: { documentElement: { lang: "fr" } },
    window: globalThis,
    fetch: async (address: string, init?: RequestInit) => table.fetch(address, init),
    EventSource: class {
      addEventListener(name: string, on: (e: unknown) => void): void {
        listeners.set(name, on);
      }
      close(): void {}
    },
  });
  table.tell = (cursor) => listeners.get("lines")?.({ data: JSON.stringify({ cursor }) });
  let n = 0;
  let saver: Saver | undefined;
  const s = new Sheet([column("nom")], () => `new-${n++}`, (rows) => saver?.add(rows));
  saver = new Saver(s, new Store("/t", "L1"), { loaded: (rows, all) => loaded.push(`${rows}${all ? " all" : ""}`), state: (now) => (state = now), shown: () => undefined, both: () => undefined });
  return {
    s, saver, loaded,
    state: () => state,
    end: () => {
      saver?.close();
      Object.assign(globalThis, { fetch: were.fetch, EventSource: were.source, document: were.document, window: were.window });
    },
  };
}

test("rows are loaded a page at a time, and what is added meanwhile comes behind them", async () => {
  const table = new Table();
  for (let i = 0; i < 8; i++) table.put(`r${i}`, [`nom ${i}`]);
  const { s, saver, loaded, end } = desk(table);
  const loading = saver.now();
  s.put({ row: 0, column: 0 }, [["added"]]); // before anything came
  await loading;
  assert.deepEqual(loaded, ["4", "7", "9", "9 all"], "the row that was added counts");
  assert.deepEqual(s.order.map((r) => r.cells[0]), [...Array.from({ length: 8 }, (_, i) => `nom ${i}`), "added"]);
  assert.equal(table.rows.get("new-0")?.cells[0], "added", "it is sent when all have come");
  end();
});

test("what one wrote oneself is not asked for again; what others wrote is", async () => {
  const table = new Table();
  table.put("r0", ["a"]);
  const { s, saver, end } = desk(table);
  await saver.now();
  table.asked = [];
  s.put({ row: 0, column: 0 }, Array.from({ length: 150 }, (_, i) => [`p${i}`]));
  await saver.now();
  table.tell(String(table.seq));
  await saver.now();
  assert.deepEqual(table.asked, ["send 150"], "a paste is one sending");
  assert.equal(saver.unsaved.length, 0);
  table.put("other", ["theirs"]);
  s.put({ row: 0, column: 0 }, [["mine"]]);
  await saver.now();
  table.tell(String(table.seq));
  for (let turn = 0; turn < 1000 && !s.row("other"); turn++) await new Promise(setImmediate);
  assert.equal(s.row("other")?.cells[0], "theirs");
  assert.equal(table.asked.filter((a) => a.startsWith("after")).length, 1);
  end();
});

test("when the columns have changed, nothing is sent any more and what waits stays", async () => {
  const table = new Table();
  table.put("r0", ["a"]);
  const { s, saver, state, end } = desk(table);
  await saver.now();
  table.layout = "L2";
  table.asked = [];
  s.put({ row: 0, column: 0 }, [["mine"]]);
  await saver.now();
  assert.deepEqual(state(), { waiting: 1, refused: new Map(), trouble: "Others. Load again.", live: true, stopped: true });
  s.put({ row: 1, column: 0 }, [["more"]]);
  await saver.now();
  assert.deepEqual(table.asked, ["send 1"]);
  assert.deepEqual(saver.unsaved.map((r) => r.cells[0]), ["mine", "more"]);
  assert.equal(table.rows.get("r0")?.cells[0], "a");
  end();
});

test("rows that the server refuses stay unsaved until they are sent again or taken back", async () => {
  const table = new Table();
  table.room = 2;
  const { s, saver, state, end } = desk(table);
  await saver.now();
  s.put({ row: 0, column: 0 }, Array.from({ length: 120 }, (_, i) => [`p${i}`]));
  await saver.now();
  assert.equal(state()?.waiting, 0);
  assert.equal(state()?.refused.size, 118);
  assert.deepEqual([...new Set(state()?.refused.values())], ["Full."]);
  assert.equal(saver.unsaved.length, 118);
  // A row that is changed leaves again, and no other.
  table.asked = [];
  table.room = 3;
  s.put({ row: 119, column: 0 }, [["last"]]);
  await saver.now();
  assert.deepEqual(table.asked, ["send 1"]);
  assert.equal(state()?.refused.size, 117);
  table.room = 4;
  saver.again();
  await saver.now();
  assert.equal(table.rows.size, 4);
  assert.equal(state()?.refused.size, 116);
  s.undo(); // the last one
  s.undo(); // the paste
  await saver.now();
  assert.equal(state()?.refused.size, 0);
  assert.deepEqual(saver.unsaved, []);
  end();
});

test("an undo leaves what another person wrote since, and says how much", () => {
  const { s } = sheet(["a", "1", "x"], ["b", "2", "y"]);
  s.fill({ top: 0, left: 0, bottom: 1, right: 2 });
  assert.deepEqual(shown(s), ["a|1|x", "a|1|x"]);
  s.saved(s.row("r1")!, 2, ["a", "1", "x"], ["A", "1", "x"], []); // kept in the server's own writing
  s.arrived("r1", 3, ["A", "7", "x"], [], false);
  let moved = s.undo();
  assert.equal(moved?.left, 1);
  assert.deepEqual(shown(s), ["a|1|x", "b|7|y"]);
  moved = s.redo();
  assert.equal(moved?.left, 0, "what was not undone is not done again");
  assert.deepEqual(shown(s), ["a|1|x", "a|7|x"]);
  // What one writes after them is one's own.
  s.put({ row: 1, column: 1 }, [["8"]]);
  assert.equal(s.undo()?.left, 0);
  assert.deepEqual(shown(s), ["a|1|x", "a|7|x"]);
});

test("an undo leaves the row that one added and another person changed", () => {
  const { s } = sheet(["a", "1", "x"]);
  s.put({ row: 1, column: 0 }, [["b", "2", "y"], ["c", "3", "z"]]);
  for (const id of ["new-0", "new-1"]) s.saved(s.row(id)!, 1, s.row(id)!.cells, s.row(id)!.cells, []);
  s.arrived("new-0", 2, ["b", "2", "theirs"], [], false);
  assert.equal(s.undo()?.left, 1);
  assert.deepEqual(shown(s), ["a|1|x", "b|2|theirs"]);
  assert.equal(s.redo()?.left, 0);
  assert.deepEqual(shown(s), ["a|1|x", "b|2|theirs", "c|3|z"]);
});

test("nothing is written by an undo into a row that another person removed", () => {
  const { s, sent } = sheet(["a", "1", "x"]);
  s.put({ row: 0, column: 0 }, [["b"]]);
  s.saved(s.row("r0")!, 2, ["b", "1", "x"], ["b", "1", "x"], []);
  s.arrived("r0", 3, ["b", "1", "x"], [], true);
  sent.length = 0;
  assert.equal(s.undo()?.left, 1);
  assert.deepEqual(sent.flat(), []);
  assert.equal(s.canRedo, false);
});

test("a removed row comes back, and its coming back can be undone", () => {
  const { s, sent } = sheet(["a", "1", "x"]);
  s.remove(0, 0);
  s.saved(s.row("r0")!, 2, ["a", "1", "x"], ["a", "1", "x"], []);
  s.restore("r0", 2, ["a", "1", "x"]);
  s.restore("r0", 2, ["a", "1", "x"]); // twice is once
  s.restore("old", 5, ["o", "9", "z"]);
  assert.deepEqual(shown(s), ["a|1|x", "o|9|z"]);
  assert.deepEqual(sent.at(-1)?.map((r) => [r.id, r.revision, r.removed]), [["old", 5, false]]);
  s.undo();
  assert.deepEqual(shown(s), ["a|1|x"]);
  s.redo();
  assert.deepEqual(shown(s), ["a|1|x", "o|9|z"]);
  assert.equal(s.count, 2);
});
