import type { Island } from "../island";

// A search field that says what may be meant while one types. data-from answers
// {"groups": [{"label", "items": [{"label", "href"}]}]}; Enter without a choice
// searches, as it does without this.
type Group = { label: string; items: { label: string; href: string }[] };

const pause = 120; // ms without typing before one asks

const suggest: Island = (element) => {
  const input = element.querySelector<HTMLInputElement>("input[type=search]");
  const { from, label, some, none } = element.dataset;
  if (!input || !from) return;
  const box = document.createElement("div");
  box.id = `${input.id}-list`;
  box.className = "suggestions";
  box.hidden = true;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", label ?? "");
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  element.append(box, said);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": box.id }))
    input.setAttribute(name, value);

  let options: HTMLElement[] = [];
  let chosen = -1;
  let asked = input.value;
  let timer = 0;
  let under: AbortController | undefined;

  const choose = (n: number): void => {
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = n;
    const option = options[n];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };
  const close = (): void => {
    box.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };
  const show = (groups: Group[]): void => {
    options = [];
    box.replaceChildren(
      ...groups.map((g, i) => {
        const group = document.createElement("div");
        const title = document.createElement("div");
        group.setAttribute("role", "group");
        title.setAttribute("role", "presentation");
        title.id = `${box.id}-${i}`;
        title.textContent = g.label;
        group.setAttribute("aria-labelledby", title.id);
        group.append(title);
        for (const item of g.items) {
          const option = document.createElement("div");
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.id = `${box.id}-o${options.length}`;
          option.dataset.href = item.href;
          option.textContent = item.label;
          options.push(option);
          group.append(option);
        }
        return group;
      }),
    );
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    box.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
    said.textContent = (options.length ? some : none) ?? "";
  };
  const ask = async (): Promise<void> => {
    under?.abort();
    asked = input.value;
    if (asked.trim().length < 2) return close();
    under = new AbortController();
    try {
      const answer = await fetch(`${from}?${new URLSearchParams({ q: asked })}`, { signal: under.signal, headers: { Accept: "application/json" } });
      if (answer.ok && document.activeElement === input) show(((await answer.json()) as { groups: Group[] }).groups);
    } catch {
      close(); // the field searches all the same
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), pause);
  });
  input.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      if (box.hidden) {
        if (options.length === 0 || input.value !== asked) return void ask();
        box.hidden = false;
        input.setAttribute("aria-expanded", "true");
      }
      e.preventDefault();
      const n = options.length;
      choose(e.key === "ArrowDown" ? (chosen + 1) % n : (chosen <= 0 ? n : chosen) - 1);
    } else if (e.key === "Escape" && !box.hidden) {
      e.preventDefault();
      close();
    }
  });
  element.addEventListener("submit", (e) => {
    const option = options[chosen];
    if (box.hidden || !option) return;
    e.preventDefault();
    location.assign(option.dataset.href ?? "");
  });
  box.addEventListener("mousedown", (e) => e.preventDefault()); // the field keeps the focus
  box.addEventListener("click", (e) => {
    const option = (e.target as HTMLElement).closest<HTMLElement>("[role=option]");
    if (option?.dataset.href) location.assign(option.dataset.href);
  });
  input.addEventListener("blur", close);
};
export default suggest;
