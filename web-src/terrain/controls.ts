// One control for each kind of question. A control shows a value and tells when it changes.
import { place } from "../expression";
import { join, shown, split, writePoint } from "./definition";
import type { Attached, Choice, Item } from "./definition";
import { button, h, icon } from "./dom";
import { dateFormat, fromISO, toISO } from "./moments";
import { mostBytes } from "./photo";
import { allowed, follow, lastFix } from "./position";
import type { Fix, Trouble } from "./position";
import { Shape } from "./shape";
import { bytes, number, t } from "./words";

export interface Commune {
  code: string;
  name: string;
  folded: string;
  lon: number;
  lat: number;
}

// What a control needs of the form it stands in.
export interface Surface {
  id: string; // of the control: its label names it
  value: string;
  described: string; // ids of help and problem
  set(text: string, byItself?: boolean): void; // byItself: nobody has done anything
  attach(file: File | null): Promise<Attached | null>;
  preview(): Promise<Blob | undefined>;
  communes(): Commune[];
  placed(fix: Fix | null): void; // the position of the entry is known: what is near it?
  stop(end: () => void): void; // called when the form closes
}

export interface Widget {
  element: HTMLElement;
  grouped?: boolean; // several fields: it wants a fieldset
  refresh?(value: string): void;
  offer?(choices: Choice[]): void; // those that another answer leaves
}

type Maker = (it: Item, s: Surface) => Widget;

const few = 12; // choices shown without a search
const most = 40; // shown at once

const fold = (s: string) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function field(it: Item, s: Surface, props: Record<string, unknown>, read = (v: string) => v, write = (v: string) => v): Widget {
  const input = h("input", { id: s.id, class: "input", "aria-describedby": s.described, autocomplete: "off", readonly: it.read_only, required: it.required, ...props });
  input.value = write(s.value);
  input.addEventListener("input", () => s.set(read(input.value)));
  return { element: input, refresh: (v) => void (read(input.value) === v || (input.value = write(v))) };
}

const text: Maker = (it, s) => field(it, s, { type: "text", maxlength: it.max_length, placeholder: it.example });

const long: Maker = (it, s) => {
  const area = h("textarea", { id: s.id, class: "input", rows: 5, "aria-describedby": s.described, maxlength: it.max_length, readonly: it.read_only, placeholder: it.example });
  area.value = s.value;
  area.addEventListener("input", () => s.set(area.value));
  return { element: area, refresh: (v) => void (area.value === v || (area.value = v)) };
};

// A number is kept with a point, as tables have it, whatever the keyboard has.
const decimal = (v: string) => v.trim().replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");

const digits = (mode: string, read: (v: string) => string): Maker => (it, s) => field(it, s, { type: "text", inputmode: mode, placeholder: it.example }, read);

const date: Maker = (it, s) => (dateFormat(it.format) ? field(it, s, { type: "date" }, (v) => fromISO(v, it.format), (v) => toISO(v, it.format)) : text(it, s));

const moment: Maker = (it, s) =>
  it.format && !["default", "any", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"].includes(it.format)
    ? text(it, s)
    : field(it, s, { type: "datetime-local" }, (v) => (v ? new Date(v).toISOString().replace(/\.\d+Z$/, "Z") : ""), local);

// A moment in the zone of the phone, as the browser's field wants it.
function local(v: string): string {
  const d = new Date(v);
  if (Number.isNaN(d.getTime())) return "";
  const p = (n: number, w = 2) => String(n).padStart(w, "0");
  return `${p(d.getFullYear(), 4)}-${p(d.getMonth() + 1)}-${p(d.getDate())}T${p(d.getHours())}:${p(d.getMinutes())}`;
}

// Choices: buttons one can press with a glove; a search above when there are many.
function choose(it: Item, s: Surface, several: boolean, all: Choice[]): Widget {
  let list = all;
  let value = s.value;
  const chosen = () => (several ? split(it, value) : value === "" ? [] : [value]);
  const box = h("div", { class: "terrain-choices" });
  const set = (v: string, on: boolean) => {
    const rest = chosen().filter((x) => x !== v);
    value = several ? join(it, list.map((c) => c.value).filter((x) => (x === v ? on : rest.includes(x)))) : on ? v : "";
    s.set(value);
  };
  const draw = (query: string) => {
    const words = fold(query).split(/\s+/).filter(Boolean);
    const found = list.filter((c) => words.every((w) => fold(`${c.label} ${c.value}`).includes(w)));
    const kept = list.filter((c) => chosen().includes(c.value) && !found.slice(0, most).includes(c));
    box.replaceChildren(
      ...[...kept, ...found.slice(0, most)].map((c) =>
        h("label", { class: "terrain-choice" },
          h("input", { type: several ? "checkbox" : "radio", name: s.id, value: c.value, checked: chosen().includes(c.value), disabled: it.read_only, onchange: (e: Event) => set(c.value, (e.target as HTMLInputElement).checked) }),
          h("span", {}, c.label || c.value)),
      ),
    );
    if (found.length > most) box.append(h("p", { class: "help" }, t("choice.more", { Count: found.length - most })));
    if (!found.length) box.append(h("p", { class: "help" }, t("choice.none")));
  };
  draw("");
  const parts: HTMLElement[] = [box];
  if (all.length > few) {
    const search = h("input", { type: "search", class: "input", "aria-label": t("choice.search"), placeholder: t("choice.search"), autocomplete: "off", oninput: () => draw(search.value) });
    parts.unshift(search);
  }
  if (!several && !it.required && !it.read_only) {
    parts.push(button(t("choice.clear"), () => {
      value = "";
      s.set("");
      draw("");
    }, { kind: "quiet" }));
  }
  return {
    element: h("div", { class: "terrain-group" }, ...parts),
    grouped: true,
    refresh: (v) => {
      if (v === value) return;
      value = v;
      draw("");
    },
    // A choice that is gone is no answer.
    offer: (choices) => {
      if (choices.length === list.length && choices.every((c, i) => c === list[i])) return;
      list = choices;
      const kept = chosen().filter((v) => list.some((c) => c.value === v));
      const lost = kept.length !== chosen().length;
      if (lost) value = several ? join(it, kept) : "";
      draw("");
      if (lost) s.set(value, true);
    },
  };
}

const yesNo: Maker = (it, s) =>
  choose(it, s, false, [
    { value: it.true_value || "true", label: t("yes") },
    { value: it.false_value || "false", label: t("no") },
  ]);

const commune: Maker = (it, s) => {
  const byCode = it.format === "code-commune-insee";
  const of = (c: Commune) => (byCode ? c.code : c.name);
  let value = s.value;
  const results = h("div", { class: "terrain-choices" });
  const input = h("input", { id: s.id, type: "search", class: "input", autocomplete: "off", "aria-describedby": s.described, placeholder: t("commune.search") });
  const label = () => {
    const known = s.communes().find((c) => of(c) === value);
    return known ? `${known.name} (${known.code})` : value;
  };
  const pick = (v: string) => {
    value = v;
    input.value = label();
    results.replaceChildren();
    s.set(v);
  };
  const offer = (list: Commune[]) => results.replaceChildren(...list.slice(0, 8).map((c) => button(`${c.name} (${c.code})`, () => pick(of(c)), { class: "terrain-wide" })));
  input.addEventListener("input", () => {
    const words = fold(input.value).replace(/[-']/g, " ").split(/\s+/).filter(Boolean);
    const list = s.communes();
    const found = words.length ? list.filter((c) => words.every((w) => c.folded.includes(w) || c.code.startsWith(w.toUpperCase()))) : [];
    found.sort((a, b) => Number(b.folded.startsWith(words[0] ?? "")) - Number(a.folded.startsWith(words[0] ?? "")) || a.name.length - b.name.length);
    offer(found);
    if (!found.length && words.length && (!list.length || byCode)) results.append(h("p", { class: "help" }, t(list.length ? "commune.none" : "commune.no-list")));
    value = byCode && /^\d[\dAB]\d{3}$/i.test(input.value.trim()) ? input.value.trim().toUpperCase() : byCode ? "" : input.value.trim();
    s.set(value);
  });
  input.value = label();
  const parts: HTMLElement[] = [input, results];
  if (navigator.geolocation) {
    parts.push(button(t("commune.near"), () => {
      const end = follow((f) => {
        end();
        const by = (c: Commune) => (c.lon - f.lon) ** 2 * Math.cos((f.lat * Math.PI) / 180) ** 2 + (c.lat - f.lat) ** 2;
        offer([...s.communes()].sort((a, b) => by(a) - by(b)).slice(0, 4));
      }, () => results.replaceChildren(h("p", { class: "help" }, t("position.unavailable"))));
      s.stop(end);
    }, { kind: "quiet", icon: "map-pin" }));
  }
  return { element: h("div", { class: "terrain-group" }, ...parts), refresh: (v) => void (v === value || ((value = v), (input.value = label()))) };
};

const goodEnough = 5; // metres: nothing better is waited for

// A position: the phone's, shown with its accuracy while it gets better, or written.
const point: Maker = (it, s) => {
  let end: (() => void) | null = null;
  let best: Fix | null = null;
  let byItself = false; // the search began with the form, by no act of the person
  const said = h("p", { class: "terrain-position", role: "status" });
  const acts = h("div", { class: "terrain-acts" });
  const lon = h("input", { class: "input", inputmode: "decimal", id: `${s.id}-lon`, autocomplete: "off" });
  const lat = h("input", { class: "input", inputmode: "decimal", id: `${s.id}-lat`, autocomplete: "off" });
  const byHand = () => {
    byItself = false;
    const [x, y] = [Number(decimal(lon.value)), Number(decimal(lat.value))];
    if (lon.value === "" && lat.value === "") return set(null);
    if (lon.value === "" || lat.value === "" || Number.isNaN(x) || Number.isNaN(y)) return;
    stop();
    set({ lon: x, lat: y, accuracy: 0, at: Date.now() });
  };
  lon.addEventListener("input", byHand);
  lat.addEventListener("input", byHand);

  function set(f: Fix | null): void {
    s.set(f ? writePoint(it.format, f.lon, f.lat) : "", byItself);
    s.placed(f);
  }
  function keep(): void {
    byItself = false;
    stop();
    if (best) set(best);
  }
  function stop(): void {
    end?.();
    end = null;
    draw();
  }
  function begin(): void {
    byItself = false;
    find();
  }
  function find(): void {
    best = null;
    end = follow(found, failed);
    s.stop(() => end?.());
    draw();
  }
  function found(f: Fix): void {
    if (!end) return;
    if (!best || f.accuracy <= best.accuracy || f.at - best.at > 30_000) {
      best = f;
      set(f);
      fill();
    }
    if (f.accuracy <= goodEnough) return stop();
    draw();
  }
  // What the phone does not find now it may find in a moment: the search goes on.
  function failed(why: Trouble): void {
    if (why !== "unavailable") {
      end?.();
      end = null;
    }
    draw();
    said.replaceChildren(icon("triangle-alert"), h("span", {}, t(`position.${why}`)));
  }
  function fill(): void {
    const at = place(value);
    if (document.activeElement !== lon && document.activeElement !== lat) {
      lon.value = at ? String(at[0]) : "";
      lat.value = at ? String(at[1]) : "";
    }
  }
  let value = s.value;
  const setText = s.set.bind(s);
  s.set = (v, byItself) => {
    value = v;
    setText(v, byItself);
  };
  function draw(): void {
    const at = place(value);
    acts.replaceChildren();
    if (end) {
      said.replaceChildren(icon("loader-circle"), h("span", {}, best ? t("position.improving", { Accuracy: number(best.accuracy) }) : t("position.searching")));
      if (best) acts.append(button(t("position.keep"), keep, { icon: "check", kind: "primary" }));
      acts.append(button(t("position.stop"), stop, { kind: "quiet" }));
      return;
    }
    const accuracy = best ? ` · ${t("position.accuracy", { Accuracy: number(best.accuracy) })}` : "";
    said.replaceChildren(icon("map-pin"), h("span", {}, at ? `${number(at[1], 5)} ; ${number(at[0], 5)}${accuracy}` : t("position.none")));
    if (!it.read_only) acts.append(button(t(at ? "position.again" : "position.mine"), begin, { icon: "map-pin", kind: at ? undefined : "primary" }));
    if (at && !it.required && !it.read_only) acts.append(button(t("position.clear"), () => ((best = null), set(null), fill(), draw()), { kind: "quiet" }));
  }
  fill();
  draw();
  if (!value && !it.read_only) void allowed().then((yes) => {
    byItself = true;
    if (yes && !value && !end) find();
  });
  else if (value && place(value)) {
    const [x, y] = place(value) as [number, number];
    queueMicrotask(() => s.placed({ lon: x, lat: y, accuracy: lastFix()?.accuracy ?? 0, at: Date.now() }));
  }
  const hand = h("details", { class: "terrain-hand" }, h("summary", {}, t("position.by-hand")), h("div", { class: "fields" },
    h("div", { class: "field" }, h("label", { for: lat.id }, t("position.latitude")), lat), h("div", { class: "field" }, h("label", { for: lon.id }, t("position.longitude")), lon)));
  return {
    element: h("div", { class: "terrain-group", id: s.id, tabindex: -1 }, said, acts, it.read_only ? null : hand), grouped: true,
    refresh: (v) => {
      if (v === value) return;
      value = v;
      fill();
      draw();
    },
  };
};

const attach = (photo: boolean): Maker => (it, s) => {
  const picture = h("div", { class: "terrain-photo" });
  const said = h("p", { class: "help", role: "status" });
  let shownURL = "";
  const take = async (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    if (file.size > mostBytes) {
      said.textContent = t("file.large", { Most: bytes(mostBytes) });
      return;
    }
    said.textContent = t("file.preparing");
    const kept = await s.attach(file);
    said.textContent = kept ? "" : t("file.not-kept");
    await draw();
  };
  const choose = (capture: boolean) => {
    const input = h("input", { type: "file", class: "visually-hidden", id: capture || !photo ? s.id : `${s.id}-more`, accept: photo ? "image/*" : undefined, capture: capture ? "environment" : undefined, "aria-describedby": s.described, onchange: () => void take(input.files).then(() => (input.value = "")) });
    return h("label", { class: `button${capture || !photo ? " button-primary" : ""}` }, input, icon(photo ? (capture ? "camera" : "image") : "paperclip"), h("span", {}, t(photo ? (capture ? "photo.take" : "photo.choose") : "file.choose")));
  };
  const acts = h("div", { class: "terrain-acts" });
  async function draw(): Promise<void> {
    const blob = await s.preview();
    if (shownURL) URL.revokeObjectURL(shownURL);
    shownURL = "";
    picture.replaceChildren();
    if (value && photo && blob) {
      shownURL = URL.createObjectURL(blob);
      picture.append(h("img", { src: shownURL, alt: t("photo.preview", { Label: it.label ?? "" }) }));
    } else if (value) picture.append(icon("file"), h("span", {}, value));
    if (value && blob) said.textContent = t("file.size", { Size: bytes(blob.size) });
    acts.replaceChildren(...(photo ? [choose(true), choose(false)] : [choose(false)]));
    if (value && !it.read_only) acts.append(button(t("file.remove"), async () => (await s.attach(null), (said.textContent = ""), draw()), { kind: "danger", icon: "trash-2" }));
  }
  let value = s.value;
  const setText = s.set.bind(s);
  s.set = (v) => {
    value = v;
    setText(v);
  };
  s.stop(() => shownURL && URL.revokeObjectURL(shownURL));
  void draw();
  return { element: h("div", { class: "terrain-group" }, picture, acts, said), grouped: true, refresh: (v) => void (v === value || ((value = v), void draw())) };
};

const output: Maker = (it, s) => {
  const out = h("output", { id: s.id, class: "terrain-output" }, s.value ? shown(it, s.value) : "–");
  return { element: out, refresh: (v) => void (out.textContent = v ? shown(it, v) : "–") };
};

const shape: Maker = (it, s) => {
  const drawn = new Shape(it, s);
  return { element: drawn.element, grouped: true, refresh: (v) => drawn.refresh(v) };
};

const makers: Record<NonNullable<Item["control"]>, Maker> = {
  text, "long-text": long, integer: digits("numeric", decimal), number: digits("decimal", decimal), date, datetime: moment,
  time: (it, s) => field(it, s, { type: "time", step: 1 }, (v) => (v.length === 5 ? `${v}:00` : v)),
  year: digits("numeric", (v) => v.trim()), month: (it, s) => field(it, s, { type: "month", placeholder: "2026-07" }),
  "yes-no": yesNo, choice: (it, s) => choose(it, s, false, it.choices ?? []), choices: (it, s) => choose(it, s, true, it.choices ?? []),
  commune, address: (it, s) => field(it, s, { type: "text", autocomplete: "street-address", placeholder: it.example }),
  siret: digits("numeric", (v) => v.replace(/\s/g, "")), point, shape, photo: attach(true), file: attach(false),
  email: (it, s) => field(it, s, { type: "email", placeholder: it.example }, (v) => v.trim()), phone: (it, s) => field(it, s, { type: "tel", placeholder: it.example }),
  url: (it, s) => field(it, s, { type: "url", placeholder: it.example ?? "https://" }, (v) => v.trim()), calculated: output, hidden: output,
};

// The control of a question; a kind that this version does not know is a text.
export function control(it: Item, s: Surface): Widget {
  if (it.read_only && it.control !== "point" && it.control !== "photo" && it.control !== "file") return output(it, s);
  return (makers[it.control ?? "text"] ?? text)(it, s);
}
