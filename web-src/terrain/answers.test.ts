// What is shown, calculated and wrong while a form is filled in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answersAround, Filling, valueAt, withValue } from "./answers";
import { corrected, madeAt, minutesWrong, note } from "./clock";
import type { Definition, Item } from "./definition";
import { inLanguage, nameOf, say, shown, writePoint } from "./definition";
import { fromISO, toISO } from "./moments";
import { address } from "./formaddress";

const around = { now: Date.parse("2026-07-14T10:00:00Z"), zone: 120, language: "fr", uuid: () => "u-1" };
const form = (items: Item[]): Definition => ({ id: "f", version: 1, title: "T", organisation: { id: "o", name: "O" }, open: true, place: "", names: ["nom"], screens: "one", items });
const filling = (items: Item[]) => new Filling(form(items), around);
const field = (name: string, more: Partial<Item> = {}): Item => ({ kind: "field", name, label: name, control: "text", ...more });

test("a question that is not asked is neither checked, sent, nor seen by expressions", () => {
  const f = filling([
    field("arrose", { control: "yes-no", true_value: "oui", false_value: "non" }),
    field("volume", { control: "number", required: true, relevant: "${arrose} = 'oui'" }),
    field("litres", { control: "calculated", calculation: "${volume} * 1000" }),
    { kind: "section", name: "s", relevant: "${volume} > 5", items: [field("raison", { required: true })] },
  ]);
  let s = f.state({ arrose: "oui", volume: "7,5" });
  assert.equal(s.values.litres, "7500");
  assert.deepEqual(s.problems.map((p) => [p.path, p.key]), [["raison", "problem.required"]]);
  s = f.state({ arrose: "non", volume: "7,5" });
  assert.ok(!s.shown.has("volume") && !s.shown.has("raison"));
  assert.deepEqual(s.problems, []);
  assert.deepEqual(f.answers({ arrose: "non", volume: "7,5", raison: "x" }), { arrose: "non" });
});

test("a text cites answers in words: of its row first, nothing of what is not asked", () => {
  const items: Item[] = [
    field("commune", { control: "choice", choices: [{ value: "31458", label: "Roques" }] }),
    field("nom", { relevant: "${commune} != ''" }),
    { kind: "repeat", name: "arbres", items: [field("nom"), field("age")] },
  ];
  const f = filling(items);
  const said = (text: string, values: Record<string, string>, steps: [string, number][] = []) => say(items, text, answersAround(f.state(values), steps));
  const text = "Combien à ${commune}, près de ${ nom } ? ${inconnu}";
  assert.equal(said(text, { commune: "31458", nom: "Garonne" }), "Combien à Roques, près de Garonne ? ${inconnu}");
  assert.equal(said(text, { nom: "Garonne" }), "Combien à …, près de … ? ${inconnu}");
  const rows = { commune: "31458", nom: "Garonne", arbres: JSON.stringify([{ nom: "Cèdre" }, { age: "3" }]) };
  assert.equal(said("${nom} à ${commune}", rows, [["arbres", 0]]), "Cèdre à Roques");
  assert.equal(said("${nom}, ${age}", rows, [["arbres", 1]]), "Garonne, 3");
});

test("a day and an instant are told in words, what is neither stays", () => {
  assert.equal(shown(field("jour", { control: "date" }), "2026-07-14"), "14 juil. 2026");
  assert.match(shown(field("releve", { control: "datetime" }), "2026-07-14T10:30:00"), /^14 juil\. 2026\D+10:30$/);
  assert.equal(shown(field("jour", { control: "date" }), "14/07/2026"), "14/07/2026");
  assert.equal(shown(field("nom"), "2026-07-14"), "2026-07-14");
});

test("a form in two languages is shown in the reader's, and calculates in its own", () => {
  const d = form([
    { kind: "section", title: "Puits", translations: { en: { title: "Well" } }, items: [
      field("etat", { label: "État", control: "choice", translations: { en: { label: "State" } }, choices: [{ value: "bon", label: "Bon", labels: { en: "Good" } }, { value: "sec", label: "À sec" }], choice_filter: "label != 'Good'" }),
      field("mots", { control: "calculated", calculation: "jr:choice-name(${etat}, '${etat}')" }),
      field("nom", { constraint: ". != 'x'", constraint_message: "Pas x", translations: { en: { constraint_message: "Not x" } } }),
    ] },
  ]);
  d.language = "fr";
  const english = inLanguage(d, "en");
  assert.equal(english.items[0].title, "Well");
  assert.equal(english.items[0].items?.[0].label, "State");
  assert.equal(shown(english.items[0].items?.[0] as Item, "bon"), "Good");
  assert.equal(shown(english.items[0].items?.[0] as Item, "sec"), "À sec", "what is not translated stays");
  const s = new Filling(english, around).state({ etat: "bon", nom: "x" });
  assert.equal(s.values.mots, "Bon");
  assert.equal(s.offered.get("etat")?.length, 2);
  assert.equal(s.problems.find((p) => p.path === "nom")?.text, "Not x");
  assert.equal(inLanguage(d, "fr"), d);
  assert.equal(d.items[0].title, "Puits", "what is kept does not change");
});

test("defaults, expressions in defaults, and the entry before", () => {
  const f = filling([field("date", { control: "date", default: "=today()" }), field("agent", { repeat_last: true, default: "personne" }), field("id", { control: "hidden", calculation: "once(uuid())" })]);
  assert.deepEqual(f.begin({ agent: "Anne", date: "2020-01-01" }), { date: "2026-07-14", agent: "Anne" });
  assert.equal(f.begin().agent, "personne");
  assert.equal(f.state({}).values.id, "u-1");
  assert.equal(f.state({ id: "déjà" }).values.id, "déjà");
});

test("rows of a repeat have their own answers, conditions and problems", () => {
  const f = filling([{ kind: "repeat", name: "plantes", title: "Plantes", min: 1, max: 2, items: [field("espece", { required: true }), field("nombre", { control: "integer" }), field("double", { control: "calculated", calculation: "${nombre} * 2" })] }, field("total", { control: "calculated", calculation: "sum(${nombre})" })]);
  let values = f.begin();
  assert.equal(values.plantes, "[{}]");
  values = withValue(values, "plantes[0].nombre", "4");
  const s = f.state(values);
  assert.equal(valueAt(s.values, "plantes[0].double"), "8");
  assert.equal(s.values.total, "4");
  assert.deepEqual(s.problems.map((p) => p.path), ["plantes[0].espece"]);
  const three = f.state({ plantes: JSON.stringify([{ espece: "a" }, { espece: "b" }, { espece: "c" }]) });
  assert.deepEqual(three.problems.map((p) => p.key), ["problem.many-rows"]);
});

test("what is wrong with an answer by itself", () => {
  const cases: [Partial<Item>, string, string | undefined][] = [
    [{ control: "integer" }, "1.5", "problem.integer"],
    [{ control: "number" }, "1,5", undefined],
    [{ control: "number", maximum: "10" }, "10.5", "problem.maximum"],
    [{ control: "date", minimum: "2026-01-01" }, "2025-12-31", "problem.minimum"],
    [{ control: "siret" }, "21310433500012", undefined],
    [{ control: "siret" }, "21310433500013", "problem.siret"],
    [{ control: "siret" }, "35600000000042", undefined],
    [{ control: "email" }, "nom@exemple", "problem.email"],
    [{ control: "choice", choices: [{ value: "a", label: "A" }] }, "b", "problem.choice"],
    [{ control: "choices", choices: [{ value: "a", label: "A" }, { value: "b", label: "B" }], joined: "," }, "a,b", undefined],
    [{ control: "text", pattern: "[A-Z]{3}", example: "ABC" }, "abc", "problem.pattern-example"],
    [{ control: "text", max_length: 2 }, "🌳🌳", undefined],
    [{ control: "point" }, "1.35, 43.5", undefined],
    [{ control: "point", required: true }, "", "problem.point"],
    [{ control: "text", constraint: "string-length(.) > 3", constraint_message: "Plus long." }, "abc", "problem.constraint"],
  ];
  for (const [item, text, want] of cases) assert.equal(filling([field("x", item)]).state({ x: text }).problems[0]?.key, want, JSON.stringify([item, text]));
  const explained = field("x", { control: "text", pattern: "[0-9]{5}", constraint_message: "Cinq chiffres." });
  assert.equal(filling([explained]).state({ x: "abc" }).problems[0]?.text, "Cinq chiffres.");
});

test("a filter leaves the choices of another answer", () => {
  const communes = [{ value: "31458", label: "Roques", columns: { dep: "31" } }, { value: "81004", label: "Albi", columns: { dep: "81" } }];
  const f = filling([field("dep"), field("commune", { control: "choice", choices: communes, choice_filter: "dep = ${dep}" })]);
  const of = (dep: string, commune: string) => f.state({ dep, commune });
  assert.deepEqual(of("31", "").offered.get("commune")?.map((c) => c.value), ["31458"]);
  assert.deepEqual(of("31", "31458").problems, []);
  assert.equal(of("81", "31458").problems[0]?.key, "problem.choice");
  assert.equal(of("", "31458").problems[0]?.key, "problem.choice");
});

test("an expression that cannot be read hides nothing and is told", () => {
  const s = filling([field("a", { relevant: "foo(" })]).state({});
  assert.ok(s.shown.has("a"));
  assert.equal(s.faults.length, 1);
});

test("an entry is named by its fields, in words", () => {
  const d = form([field("nom", { control: "choice", choices: [{ value: "1", label: "Fontaine" }] })]);
  assert.equal(nameOf(d, { nom: "1" }), "Fontaine");
});

test("positions and dates as their columns hold them", () => {
  assert.deepEqual(["", "array", "object"].map((f) => writePoint(f, 1.23456789, 43.5)), ["1.234568, 43.5", "[1.234568,43.5]", '{"lon":1.234568,"lat":43.5}']);
  assert.equal(fromISO("2026-07-01", "%d/%m/%Y"), "01/07/2026");
  assert.equal(toISO("01/07/2026", "%d/%m/%Y"), "2026-07-01");
});

test("a wrong clock is corrected, a right one left alone, and nothing is made after it is sent", () => {
  const clock = note(null, "Wed, 01 Jul 2026 10:00:00 GMT", Date.parse("2026-07-01T12:00:00Z"), Date.parse("2026-07-01T12:00:00.200Z"));
  assert.ok(clock && Math.abs(clock.offset + 7_200_000) < 2000);
  assert.equal(minutesWrong(clock), 120);
  const made = Date.parse("2026-07-01T11:30:00Z");
  assert.equal(madeAt(made, null, clock, made + 1000).slice(0, 16), "2026-07-01T09:30");
  assert.equal(corrected(1000, 30_000), 1000);
  assert.equal(madeAt(made + 9_000_000, 0, null, made), new Date(made).toISOString());
});

test("the address of a form is found in what was pasted", () => {
  assert.deepEqual(address(" https://portail.example/terrain#add/abc-1/k_2 "), { id: "abc-1", key: "k_2" });
  assert.equal(address("https://portail.example/terrain"), null);
});
