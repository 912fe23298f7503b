// Positions and shapes. As in internal/schema/expression/place.go.
import { plainNumber } from "./value";

export type Point = [number, number]; // longitude, latitude

const earth = 6_378_100; // metres, the radius that XForms uses
const most = 100_000;

// "longitude, latitude" (Table Schema), "latitude longitude altitude accuracy" and
// several of those between ";" (XForms), and GeoJSON: of a polygon the outer ring.
export function readPoints(s: string): Point[] {
  s = s.trim();
  if (/^[{[]/.test(s)) return readGeoJSON(s);
  const list: Point[] = [];
  for (const part of s.split(";")) {
    const comma = part.indexOf(",");
    if (comma >= 0) add(list, part.slice(0, comma).trim(), part.slice(comma + 1).trim());
    else {
      const f = part.split(/\s+/).filter(Boolean);
      if (f.length >= 2) add(list, f[1], f[0]);
    }
    if (list.length >= most) break;
  }
  return list;
}

function add(list: Point[], lon: string, lat: string): void {
  const [x, y] = [plainNumber(lon), plainNumber(lat)];
  if (Math.abs(x) <= 180 && Math.abs(y) <= 90) list.push([x, y]);
}

const isPoint = (p: unknown): p is Point => Array.isArray(p) && p.length >= 2 && typeof p[0] === "number" && typeof p[1] === "number";

function readGeoJSON(s: string): Point[] {
  let raw: unknown;
  try {
    raw = JSON.parse(s);
  } catch {
    return [];
  }
  if (!Array.isArray(raw)) {
    const g = raw as { coordinates?: unknown; lon?: unknown; lat?: unknown };
    if (typeof g.lon === "number" && typeof g.lat === "number") return [[g.lon, g.lat]];
    raw = g.coordinates;
  }
  if (!Array.isArray(raw)) return [];
  if (isPoint(raw)) return [[raw[0], raw[1]]];
  const line: unknown[] = Array.isArray(raw[0]) && Array.isArray(raw[0][0]) ? raw[0] : raw;
  return line.filter(isPoint).slice(0, most).map((p): Point => [p[0], p[1]]);
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;

// Metres along the points.
export function length(list: Point[]): number {
  let total = 0;
  for (let i = 1; i < list.length; i++) {
    const [a, b] = [list[i - 1], list[i]];
    const h = Math.sin(radians(b[1] - a[1]) / 2) ** 2 + Math.cos(radians(a[1])) * Math.cos(radians(b[1])) * Math.sin(radians(b[0] - a[0]) / 2) ** 2;
    total += 2 * earth * Math.asin(Math.min(1, Math.sqrt(h)));
  }
  return total;
}

// Square metres within the points.
export function area(list: Point[]): number {
  if (list.length < 3) return 0;
  let total = 0;
  list.forEach((a, i) => {
    const b = list[(i + 1) % list.length];
    total += radians(b[0] - a[0]) * (2 + Math.sin(radians(a[1])) + Math.sin(radians(b[1])));
  });
  return Math.abs((total * earth * earth) / 2);
}

export const metres = (a: Point, b: Point): number => length([a, b]);

// The one position that a value says.
export function place(text: string): Point | undefined {
  return text ? readPoints(text)[0] : undefined;
}
