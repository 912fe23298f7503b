// Long lists of choices have a search. A menu becomes a field that proposes its options
// while one types; boxes get a field above that leaves those one looks for. The menu and
// the boxes stay what is sent: without script the form works with them.
import { fewChoices, fold, has } from "../fold";
import { combobox } from "./combobox";
import type { Proposal } from "./combobox";
import type { Word } from "./place";

const most = 50; // proposals at once

// Search is what was put before a list: show makes it tell what is chosen now.
export interface Search {
  show(): void;
  end(): void;
}

// searchOf is the search of an item's list; undefined where the list is short or absent.
export function searchOf(item: HTMLElement, word: Word): Search | undefined {
  const select = item.querySelector("select");
  if (select) return select.options.length > fewChoices ? inMenu(select, word) : undefined;
  const boxes = [...item.querySelectorAll<HTMLElement>(".choice:has([type=checkbox])")];
  return boxes.length > fewChoices ? amongBoxes(boxes, word) : undefined;
}

function inMenu(select: HTMLSelectElement, word: Word): Search {
  const input = document.createElement("input");
  input.className = "input";
  input.dataset.search = "";
  input.placeholder = word("choicesearch");
  input.id = select.id; // the label is now this field's
  select.removeAttribute("id");
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
    const value = select.getAttribute(name);
    if (value !== null) input.setAttribute(name, value);
  }
  select.before(input);
  select.hidden = true;

  const offered = (): HTMLOptionElement[] => [...select.options].filter((o) => o.value !== "" && !o.disabled);
  const chosen = (): string => (select.value === "" ? "" : (select.selectedOptions[0]?.text ?? ""));
  const show = (): void => {
    if (document.activeElement !== input) input.value = chosen();
  };
  const choose = (value: string): void => {
    if (select.value === value) return;
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const found = (q: string): HTMLOptionElement[] => {
    const wanted = q === chosen() ? () => true : has(q); // whoever comes back sees the whole list
    return offered().filter((o) => wanted(`${o.text} ${o.value}`));
  };
  // What is written counts when it is one choice; otherwise what was chosen stays.
  const settle = (): void => {
    const text = input.value.trim();
    if (text === "") choose("");
    else if (text !== chosen()) {
      const left = found(text);
      const one = left.find((o) => fold(o.text) === fold(text)) ?? (left.length === 1 ? left[0] : undefined);
      if (one) choose(one.value);
    }
    input.value = chosen();
  };
  const proposed = new Map<Proposal, HTMLOptionElement>();
  const close = combobox(input, {
    atOnce: true,
    label: word("choices"),
    some: word("choicesome"),
    none: word("choicenone"),
    ask: (q) => {
      proposed.clear();
      for (const option of found(q).slice(0, most)) proposed.set({ value: option.text, label: option.text }, option);
      return Promise.resolve([...proposed.keys()]);
    },
    taken: (p) => choose(proposed.get(p)?.value ?? ""),
  });
  input.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.defaultPrevented) return;
    close();
    settle();
  });
  sendsNothing(input);
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", settle);
  show();
  return { show, end: close };
}

function amongBoxes(boxes: HTMLElement[], word: Word): Search {
  const input = document.createElement("input");
  input.type = "search";
  input.className = "input";
  input.dataset.search = "";
  input.autocomplete = "off";
  input.placeholder = word("choicesearch");
  input.setAttribute("aria-label", word("choicesearch"));
  const said = document.createElement("p");
  said.className = "help";
  said.setAttribute("role", "status");
  boxes[0].parentElement?.before(input, said);

  // What is ticked stays in sight.
  const show = (): void => {
    const wanted = has(input.value);
    let left = 0;
    for (const box of boxes) {
      const ticked = box.querySelector<HTMLInputElement>("input")?.checked ?? false;
      const is = wanted(box.textContent ?? "");
      box.classList.toggle("is-filtered", !is && !ticked);
      if (is && !box.hidden) left++;
    }
    said.textContent = input.value.trim() === "" ? "" : left ? word("choicesome").replace("%", String(left)) : word("choicenone");
  };
  input.addEventListener("input", (e) => {
    e.stopPropagation(); // it is no answer
    show();
  });
  input.addEventListener("change", (e) => e.stopPropagation());
  sendsNothing(input);
  return { show, end: () => undefined };
}

// Enter ends a search, and does not send the form.
function sendsNothing(input: HTMLInputElement): void {
  for (const type of ["keydown", "keypress"] as const) {
    input.addEventListener(type, (e) => {
      if (e.key === "Enter") e.preventDefault();
    });
  }
}
