// Communes are found in the list that the phone holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { communeCode, communeProposal, communesAround, findCommunes, foldName, readCommunes } from "./communes";
import { proposes } from "./complete";
import { fault } from "./faults";

const list = readCommunes([
  ["31555", "Toulouse", 1.4328, 43.6007],
  ["31458", "Roques", 1.3558, 43.5022],
  ["31459", "Roquesérière", 1.63, 43.73],
  ["31488", "Saint-Jean", 1.5, 43.66],
  ["31495", "Saint-Jean-Lherm", 1.61, 43.69],
  ["31239", "L'Isle-en-Dodon", 0.83, 43.38],
]);
const names = (q: string) => findCommunes(list, q).map((c) => c.name);

test("communes are found by words, codes and habits of writing", () => {
  assert.deepEqual(names("roques"), ["Roques", "Roquesérière"], "the name itself comes first");
  assert.deepEqual(names("ROQUESERIERE"), ["Roquesérière"]);
  assert.deepEqual(names("st jean"), ["Saint-Jean", "Saint-Jean-Lherm"]);
  assert.deepEqual(names("l’isle dodon"), ["L'Isle-en-Dodon"]);
  assert.deepEqual(names("3145"), ["Roques", "Roquesérière"]);
  assert.deepEqual(names("paris"), []);
  assert.deepEqual(names(" - "), []);
  assert.equal(foldName("Sainte-Foy-d’Aigrefeuille"), "sainte foy d aigrefeuille");
});

test("a text stands for a code when it can mean one commune only", () => {
  assert.equal(communeCode(list, "Roques (31458)"), "31458");
  assert.equal(communeCode(list, " 2a004 "), "2A004");
  assert.equal(communeCode(list, "saint jean"), "31488");
  assert.equal(communeCode([...list, { ...list[1], code: "99999" }], "Roques"), "Roques", "two of one name");
  assert.equal(communeCode([], "Roques"), "Roques", "the portal will say");
  assert.deepEqual(communeProposal(list[1], false), { value: "Roques (31458)", label: "Roques", note: "31458" });
  assert.equal(communeProposal(list[1], true).value, "Roques");
});

test("the nearest communes", () => {
  assert.deepEqual(communesAround(list, 1.36, 43.5).map((c) => c.name).slice(0, 2), ["Roques", "Toulouse"]);
});

test("a name where a code is wanted waits for the portal; a wrong code does not", () => {
  const it = { kind: "field", control: "commune", format: "code-commune-insee", pattern: "^([013-9]\\d|2[AB1-9])\\d{3}$" } as const;
  assert.equal(fault(it, "Foix"), undefined);
  assert.equal(fault(it, "09122"), undefined);
  assert.deepEqual(fault(it, "20122")?.key, "problem.pattern");
});

test("what completes an answer is what completes it on the page of the form", () => {
  const kind = (control: string, format = "") => proposes({ kind: "field", control: control as "text", format });
  assert.deepEqual([kind("commune", "code-commune-insee"), kind("commune", "commune"), kind("siret", "siret"), kind("text", "siren"), kind("address"), kind("text")], ["commune", "commune-name", "siret", "siren", "address", ""]);
});
