import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, has } from "./fold";

test("what is looked for is found without accents, capitals and order", () => {
  assert.equal(fold("Œuvre d’ÉTÉ"), "oeuvre d’ete");
  const found = has("  ver chene ");
  assert.ok(found("Chêne vert"));
  assert.ok(!found("Chêne rouge"));
  assert.ok(has("")("tout"));
});
