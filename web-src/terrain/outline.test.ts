import assert from "node:assert/strict";
import { test } from "node:test";
import { outlines, world } from "./outline";

test("contours are read from corner to corner", () => {
  const [square, ...others] = outlines({ "31555": [[13000, 435000, 2000, 0, 0, 2000, -2000, 0, 0, -2000], [1, 2, 3, 4]] });
  assert.ok(square);
  assert.equal(others.length, 0, "what is no surface is left out");
  assert.deepEqual([...square.corners.slice(0, 2)], world([1.3, 43.5]));
  assert.deepEqual([...square.corners.slice(4, 6)], world([1.5, 43.7]));
  assert.deepEqual([...square.corners.slice(8)], [...square.corners.slice(0, 2)]);
  const [[west, south], [east, north]] = [world([1.3, 43.5]), world([1.5, 43.7])];
  assert.deepEqual(square.box, [west, east, north, south], "y grows to the south");
  assert.deepEqual(outlines(undefined), []);
});

test("contours are bounded", () => {
  const ring = [0, 450000, ...Array.from({ length: 2000 }, (_, i) => (i % 2 ? 1 : -1))];
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [String(i), [ring]]));
  assert.ok(outlines(many).length < 200);
});
