import type { Island } from "../island";
import { searchOf } from "../entry/choicesearch";
import type { Search } from "../entry/choicesearch";
import { combobox } from "../entry/combobox";
import type { Proposal } from "../entry/combobox";
import { answersOf, Draft } from "../entry/draft";
import { nameLine } from "../entry/nameline";
import { placeField } from "../entry/place";
import { focusRow, withRows } from "../entry/rows";

// A form that is filled in: what is not asked is hidden, what is calculated appears,
// errors stand next to their field as one types; unsent answers to a new entry are kept
// in this browser. The server answers all of it: one set of rules, the same as when it sends.
interface Look {
  values: Record<string, string>;
  hidden: string[];
  problems: Record<string, string>;
  offered: Record<string, string[]>; // the choices that filters leave, by input
  said: Record<string, Said>; // texts that cite answers, by data-says
}

interface Said {
  label?: string; // of a field, or the title of a group
  help?: string;
  note?: string; // HTML
}

// Gives an element another text in the place of the one it begins with.
function write(element: Element | null, text: string | undefined): void {
  const node = [...(element?.childNodes ?? [])].find((n) => n.nodeType === Node.TEXT_NODE && n.textContent?.trim());
  const old = node?.textContent ?? "";
  if (node && text && old.trim() !== text) node.textContent = old.replace(old.trim(), () => text);
}

function tell(element: HTMLElement, said: Said): void {
  if (said.note === undefined) {
    write(element.querySelector("label, legend, h2, h3, h4"), said.label);
    write(element.querySelector(".help"), said.help);
    return;
  }
  const note = new DOMParser().parseFromString(said.note, "text/html").body;
  if (note.textContent?.trim() !== element.textContent?.trim()) element.replaceChildren(...[...note.childNodes].map((n) => document.importNode(n, true)));
}

const pause = 350; // ms without typing before one asks

const entryform: Island = async (element) => {
  const form = element.querySelector("form");
  const { check, propose, keeps } = element.dataset;
  if (!form || !check) return;
  const word = (name: string): string => element.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
  const items = [...element.querySelectorAll<HTMLElement>("[data-item]")];
  const inputs = (item: HTMLElement): HTMLInputElement[] => [...item.querySelectorAll<HTMLInputElement>("input:not([type=file], [data-search]), select, textarea")];
  const d = element.dataset;
  const map = { worker: d.mapWorker, style: d.mapStyle, base: d.mapBase, credit: d.mapCredit, bounds: d.mapBounds, tiles: d.mapTiles, places: d.mapPlaces, name: word("mapname"), wordIn: word("mapin"), wordOut: word("mapout"), wordMarker: word("mapmarker") };
  const telling = [...element.querySelectorAll<HTMLElement>("[data-says]")];
  const searches: Search[] = [];
  const touched = new Set(element.dataset.touched?.split("\n"));
  let under: AbortController | undefined;
  let timer = 0;

  const showProblem = (item: HTMLElement, text: string | undefined): void => {
    const field = item.firstElementChild as HTMLElement | null;
    const old = item.querySelector(".field-error");
    if (!field || (!text && !old)) return;
    const control = field.matches("fieldset") ? field : field.querySelector("input, select, textarea");
    if (!text) {
      old?.remove();
      field.classList.remove("field-wrong");
      control?.removeAttribute("aria-invalid");
      return;
    }
    const line = old ?? document.createElement("p");
    line.className = "field-error";
    line.id = `${control?.id ?? item.dataset.item}-error`;
    if (line.textContent?.trim() !== text) line.textContent = text;
    if (!old) field.append(line);
    field.classList.add("field-wrong");
    control?.setAttribute("aria-invalid", "true");
    control?.setAttribute("aria-describedby", line.id);
  };

  // Shows only the choices that another answer leaves; one that is gone is no answer.
  const offer = (item: HTMLElement, values: string[]): boolean => {
    let lost = false;
    for (const input of inputs(item).filter((i) => i.type === "radio" || i.type === "checkbox")) {
      const gone = input.value !== "" && !values.includes(input.value);
      const label = input.closest<HTMLElement>(".choice");
      if (label) label.hidden = gone;
      if (gone && input.checked) {
        input.checked = false;
        lost = true;
      }
    }
    const select = item.querySelector("select");
    for (const option of select?.options ?? []) {
      const gone = option.value !== "" && !values.includes(option.value);
      option.hidden = option.disabled = gone;
      if (gone && option.selected && select) {
        select.value = "";
        lost = true;
      }
    }
    return lost;
  };

  const apply = (look: Look): void => {
    let lost = false;
    const hidden = new Set(look.hidden);
    for (const item of items) {
      const name = item.dataset.item ?? "";
      item.hidden = hidden.has(name);
      if (look.offered[name]) lost = offer(item, look.offered[name]) || lost;
      showProblem(item, touched.has(name) && !item.hidden ? look.problems[name] : undefined);
      const value = look.values[name];
      const input = inputs(item)[0];
      if (value !== undefined && input && input.value !== value && document.activeElement !== input) input.value = value;
    }
    for (const search of searches) search.show();
    for (const e of telling) if (look.said[e.dataset.says ?? ""]) tell(e, look.said[e.dataset.says ?? ""]);
    for (const section of element.querySelectorAll<HTMLElement>("[data-section]")) {
      const inside = [...section.querySelectorAll<HTMLElement>("[data-item]")];
      section.hidden = inside.length > 0 && inside.every((i) => i.hidden);
    }
    if (!lost) return;
    keep();
    void ask(); // other answers may depend on the one that is gone
  };

  const body = (): URLSearchParams => {
    const out = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") out.append(name, value);
    for (const file of form.querySelectorAll<HTMLInputElement>("input[type=file]")) if (file.files?.[0]) out.append(file.name, file.files[0].name);
    return out;
  };

  const ask = async (): Promise<void> => {
    under?.abort();
    under = new AbortController();
    try {
      const answer = await fetch(check, { method: "POST", body: body(), signal: under.signal, headers: { Accept: "application/json" } });
      if (answer.ok) apply((await answer.json()) as Look);
    } catch {
      // without network the form is sent, and checked, later
    }
  };

  // Unsent answers, and those that the next entry begins with.
  const draft = keeps ? new Draft(keeps) : undefined; // none of what another has entered
  const keep = (): void => draft?.keep(answersOf(form));
  const ends: (() => void)[] = [];
  const leave = (): void => {
    for (const end of ends.splice(0)) end();
    clearTimeout(timer);
    under?.abort();
  };

  // Another form takes the place of this one, with other rows: why is "rows" when
  // somebody asks for them, "draft" when the draft has them.
  let busy = false;
  const redraw = async (act: string, typed: URLSearchParams, why: "rows" | "draft"): Promise<boolean> => {
    if (busy) return true;
    busy = true;
    const part = await withRows(element, form, typed, act).catch(() => undefined);
    busy = false;
    if (!part) return false;
    leave();
    part.dataset.again = why;
    part.dataset.touched = [...touched].join("\n");
    part.parentElement?.dispatchEvent(new CustomEvent("socle:fresh", { bubbles: true }));
    focusRow(part, act);
    return true;
  };
  const put = (item: HTMLElement, values: string[]): boolean => {
    let done = false;
    for (const input of inputs(item)) {
      if (input.type === "checkbox" || input.type === "radio") {
        const on = values.includes(input.value);
        done ||= on && !input.checked;
        input.checked = on;
      } else if (input.value === "" && input.type !== "hidden" && values[0]) {
        input.value = values[0];
        done = true;
      }
    }
    return done;
  };
  const say = (item: HTMLElement, text: string): HTMLElement => {
    const line = document.createElement("p");
    line.className = "help";
    line.textContent = text;
    item.append(line);
    return line;
  };
  const sayDraft = (draft: Draft): void => {
    const note = say(element, word("draft"));
    const again = document.createElement("button");
    again.type = "button";
    again.className = "button button-quiet";
    again.textContent = word("forget");
    again.addEventListener("click", () => {
      draft.forget();
      location.reload();
    });
    note.append(" ", again);
    element.prepend(note);
  };
  // Puts the draft into the fields that are there; where it has more rows, the server
  // makes them. Without a draft, the answers that are repeated from the entry before.
  const restore = async (draft: Draft): Promise<void> => {
    const answers = draft.answers;
    const shown = [...element.querySelectorAll<HTMLElement>("[data-repeat]")].map((r) => r.dataset.item ?? "");
    if (shown.some((name) => Number(answers[name]?.[0]) > Number(new FormData(form).get(name)))) {
      draft.takeUp(form);
      const typed = new URLSearchParams(Object.entries(answers).flatMap(([name, values]) => values.map((v) => [name, v])));
      for (const name of ["entry", "secret"]) typed.set(name, String(new FormData(form).get(name)));
      if (await redraw("show", typed, "draft")) return;
    }
    let some = false;
    for (const item of items.filter((i) => !("repeat" in i.dataset))) {
      const values = answers[item.dataset.item ?? ""];
      if (values) some = put(item, values) || some;
    }
    if (some) {
      draft.takeUp(form);
      sayDraft(draft);
      return;
    }
    const last = draft.last;
    for (const item of items.filter((i) => "last" in i.dataset)) {
      const values = last[item.dataset.item ?? ""];
      if (values && put(item, values)) say(item, word("last"));
    }
  };
  if (element.dataset.again) {
    keep();
    if (draft && element.dataset.again === "draft") sayDraft(draft);
  } else if (form.querySelector(".notice-wrong") !== null) {
    for (const item of items) touched.add(item.dataset.item ?? "");
  } else if (draft) {
    await restore(draft);
    if (!element.isConnected) return; // another one took its place
  }

  // Places: found by the phone, or set on a map.
  for (const item of items.filter((i) => "place" in i.dataset)) {
    const input = inputs(item)[0];
    if (input) ends.push(placeField(input, map, word));
  }

  // Communes, companies and addresses that the portal knows.
  for (const item of items.filter((i) => "propose" in i.dataset)) {
    const input = inputs(item)[0];
    const kind = item.dataset.propose ?? "";
    if (!input || !propose || input.readOnly) continue;
    const known = async (q: string, signal?: AbortSignal): Promise<Proposal[]> => {
      const answer = await fetch(`${propose}?${new URLSearchParams({ kind, q })}`, { signal, headers: { Accept: "application/json" } });
      return answer.ok ? ((await answer.json()) as { proposals: Proposal[] }).proposals : [];
    };
    const name = kind === "siret" || kind === "siren" ? nameLine(input, known) : undefined;
    ends.push(combobox(input, { ask: known, taken: (p) => name?.(p), label: word("proposals"), some: word("some"), none: word("none") }));
  }

  // Long lists are searched.
  for (const item of items) {
    const search = searchOf(item, word);
    if (!search) continue;
    searches.push(search);
    ends.push(() => search.end());
  }

  const changed = (event: Event): void => {
    const item = (event.target as HTMLElement).closest<HTMLElement>("[data-item]");
    if (item?.dataset.item && event.type === "change") touched.add(item.dataset.item);
    keep();
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), pause);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", (event) => {
    const by = event.submitter as HTMLButtonElement | null;
    if (by?.name !== "act") {
      draft?.putAside(form);
      return;
    }
    event.preventDefault();
    void redraw(by.value, body(), "rows").then((done) => done || element.dispatchEvent(new CustomEvent("socle:trouble", { bubbles: true })));
  });
  void ask();
  return leave;
};
export default entryform;
