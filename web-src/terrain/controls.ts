// One control for each kind of question. A control shows a value and tells when it changes.
import { fewChoices, has } from "../fold";
import { address, commune, company, proposes } from "./complete";
import { join, shown, split } from "./definition";
import type { Choice, Item } from "./definition";
import { button, h, icon } from "./dom";
import { dateFormat, fromISO, toISO } from "./moments";
import { mostBytes } from "./photo";
import { PointField } from "./point";
import { Shape } from "./shape";
import { decimal, exampleOf, inputOf } from "./widget";
import type { Maker, Surface, Widget } from "./widget";
import { bytes, t } from "./words";

const most = 40; // shown at once

function field(it: Item, s: Surface, props: Record<string, unknown>, read = (v: string) => v, write = (v: string) => v): Widget {
  const input = inputOf(it, s, props);
  input.value = write(s.value);
  input.addEventListener("input", () => s.set(read(input.value)));
  return { element: input, refresh: (v) => void (read(input.value) === v || (input.value = write(v))) };
}

const text: Maker = (it, s) => (proposes(it) === "siren" ? company(it, s) : plain(it, s));

const plain: Maker = (it, s) => field(it, s, { type: "text", maxlength: it.max_length, placeholder: exampleOf(it) });

const long: Maker = (it, s) => {
  const area = h("textarea", { id: s.id, class: "input", rows: 5, "aria-describedby": s.described, maxlength: it.max_length, readonly: it.read_only, placeholder: exampleOf(it) });
  area.value = s.value;
  area.addEventListener("input", () => s.set(area.value));
  return { element: area, refresh: (v) => void (area.value === v || (area.value = v)) };
};

const digits = (mode: string, read: (v: string) => string): Maker => (it, s) => field(it, s, { type: "text", inputmode: mode, placeholder: exampleOf(it) }, read);

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
    const wanted = has(query);
    const found = list.filter((c) => wanted(`${c.label} ${c.value}`));
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
  if (all.length > fewChoices) {
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

const point: Maker = (it, s) => {
  const set = new PointField(it, s);
  return { element: set.element, grouped: true, refresh: (v) => set.refresh(v) };
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
  commune, address, siret: company, point, shape, photo: attach(true), file: attach(false),
  email: (it, s) => field(it, s, { type: "email", placeholder: exampleOf(it) }, (v) => v.trim()), phone: (it, s) => field(it, s, { type: "tel", placeholder: exampleOf(it) }),
  url: (it, s) => field(it, s, { type: "url", placeholder: exampleOf(it) ?? "https://" }, (v) => v.trim()), calculated: output, hidden: output,
};

// The control of a question; a kind that this version does not know is a text.
export function control(it: Item, s: Surface): Widget {
  if (it.read_only && it.control !== "point" && it.control !== "photo" && it.control !== "file") return output(it, s);
  return (makers[it.control ?? "text"] ?? text)(it, s);
}
