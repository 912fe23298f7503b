// Answers that are completed while one types: communes from the list that the phone
// holds, the rest from the portal. Without network one writes, and the portal checks.
import { combobox } from "../entry/combobox";
import type { Proposal } from "../entry/combobox";
import { nameLine } from "../entry/nameline";
import { Cut } from "./api";
import { communeCode, communeProposal, communesAround, communeText, findCommunes } from "./communes";
import type { Commune } from "./communes";
import type { Item } from "./definition";
import { button, h } from "./dom";
import { follow } from "./position";
import { exampleOf, inputOf } from "./widget";
import type { Maker, Proposes, Surface, Widget } from "./widget";
import { t } from "./words";

// What completes the answer to a question, as on its page (internal/web/collectui/propose.go).
export function proposes(it: Item): Proposes {
  switch (it.control) {
    case "commune":
      return it.format === "commune" ? "commune-name" : "commune";
    case "siret":
    case "address":
      return it.control;
    case "text":
      return it.format === "siren" ? "siren" : "";
  }
  return "";
}

interface Completing {
  props: Record<string, unknown>;
  here?(q: string): Proposal[]; // what the phone knows by itself
  read(text: string): string; // the answer that a text stands for
  write(value: string): string;
}

function completed(it: Item, s: Surface, o: Completing): Widget & { input: HTMLInputElement; holder: HTMLElement } {
  const kind = proposes(it);
  const input = inputOf(it, s, o.props);
  const said = h("p", { class: "help", role: "status" });
  const holder = h("div", { class: "terrain-group" }, input, said);
  const ask = async (q: string, signal?: AbortSignal): Promise<Proposal[]> => {
    const known = o.here?.(q) ?? [];
    said.textContent = "";
    if (known.length) return known;
    try {
      return await s.propose(kind, q, signal);
    } catch (e) {
      if (e instanceof Cut && !signal?.aborted) said.textContent = t("complete.offline");
      throw e;
    }
  };
  input.value = o.write(s.value);
  const name = kind === "siret" || kind === "siren" ? nameLine(input, (q) => s.propose(kind, q)) : undefined;
  s.stop(combobox(input, { ask, taken: (p) => name?.(p), label: t("complete.label"), some: t("complete.some"), none: t("complete.none") }));
  input.addEventListener("input", () => s.set(o.read(input.value)));
  return { element: holder, input, holder, refresh: (v) => void (o.read(input.value) === v || (input.value = o.write(v))) };
}

export const address: Maker = (it, s) => completed(it, s, { props: { type: "text", placeholder: exampleOf(it) }, read: (v) => v, write: (v) => v });

export const company: Maker = (it, s) => completed(it, s, { props: { type: "text", inputmode: "numeric", placeholder: exampleOf(it) }, read: (v) => v.replace(/\s/g, ""), write: (v) => v });

export const commune: Maker = (it, s) => {
  const byName = proposes(it) === "commune-name";
  const written = (v: string) => {
    const known = byName ? undefined : s.communes().find((c) => c.code === v);
    return known ? communeText(known) : v;
  };
  const w = completed(it, s, {
    props: { type: "text", placeholder: exampleOf(it) ?? t("commune.search") },
    here: (q) => findCommunes(s.communes(), q).map((c) => communeProposal(c, byName)),
    read: (v) => (byName ? v.trim() : communeCode(s.communes(), v)),
    write: written,
  });
  s.onTerritory(() => {
    if (document.activeElement !== w.input) w.input.value = written(byName ? w.input.value : communeCode(s.communes(), w.input.value));
  });
  const near = h("div", { class: "terrain-choices" });
  const pick = (c: Commune) => {
    w.input.value = communeProposal(c, byName).value;
    w.input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "taken" }));
    near.replaceChildren();
    w.input.focus();
  };
  if (navigator.geolocation) {
    const search = () => {
      const end = follow((f) => {
        end();
        near.replaceChildren(...communesAround(s.communes(), f.lon, f.lat).map((c) => button(communeText(c), () => pick(c), { class: "terrain-wide" })));
      }, () => near.replaceChildren(h("p", { class: "help" }, t("position.unavailable"))));
      s.stop(end);
    };
    w.holder.append(button(t("commune.near"), search, { kind: "quiet", icon: "map-pin" }), near);
  }
  return w;
};
