// The communes of the territory that this phone holds, found without network by
// their names or codes.
import type { Proposal } from "../entry/combobox";
import { fold } from "../fold";

export interface Commune {
  code: string;
  name: string;
  folded: string; // the name as it is looked for
  lon: number; // of its middle
  lat: number;
}

// As the portal lists them: code, name, longitude and latitude of the middle.
export type CommuneLine = [code: string, name: string, lon: number, lat: number];

export const readCommunes = (list: CommuneLine[]): Commune[] => list.map(([code, name, lon, lat]) => ({ code, name, folded: foldName(name), lon, lat }));

// A name without what people write differently: capitals, accents, hyphens and
// apostrophes, St and Ste for Saint and Sainte (internal/cog, FoldName).
export function foldName(name: string): string {
  return fold(name).split(/[^a-z0-9]+/).filter(Boolean).map((w) => (w === "st" ? "saint" : w === "ste" ? "sainte" : w)).join(" ");
}

const code = /^\d[\dAB]\d{3}$/i;
export const isCode = (text: string): boolean => code.test(text.trim());

const most = 8;

// Those whose name has each of the words, or whose code begins so; what begins as it is
// typed comes first, then the shorter name.
export function findCommunes(list: readonly Commune[], q: string): Commune[] {
  const folded = foldName(q);
  const words = folded.split(" ").filter(Boolean);
  if (!words.length) return [];
  const rank = (c: Commune) => (c.folded === folded || c.code.toLowerCase() === folded ? 0 : c.folded.startsWith(folded) ? 1 : 2);
  return list
    .filter((c) => words.every((w) => c.folded.includes(w) || c.code.toLowerCase().startsWith(w)))
    .sort((a, b) => rank(a) - rank(b) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

// The nearest ones, by their middles.
export function communesAround(list: readonly Commune[], lon: number, lat: number): Commune[] {
  const along = Math.cos((lat * Math.PI) / 180) ** 2;
  const far = (c: Commune) => (c.lon - lon) ** 2 * along + (c.lat - lat) ** 2;
  return [...list].sort((a, b) => far(a) - far(b)).slice(0, 4);
}

export const communeText = (c: Commune): string => `${c.name} (${c.code})`;

// What a field that wants a code or a name proposes of a commune: the code stands in
// parentheses, as the portal proposes it.
export const communeProposal = (c: Commune, byName: boolean): Proposal => (byName ? { value: c.name, label: c.name, note: c.code } : { value: communeText(c), label: c.name, note: c.code });

// The code that a text stands for: "Roques (31458)", "31458", or a name that one commune
// of the list bears. Another text stays: the portal knows all communes.
export function communeCode(list: readonly Commune[], text: string): string {
  const typed = text.trim();
  const inside = /\(([^()]*)\)$/.exec(typed)?.[1] ?? typed;
  if (isCode(inside)) return inside.toUpperCase();
  const folded = foldName(typed);
  const named = list.filter((c) => c.folded === folded);
  return named.length === 1 ? named[0].code : typed;
}
