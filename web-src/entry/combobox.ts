// A field that is completed while one types, by the pattern "combobox" of ARIA: the
// arrows choose, Enter takes, Escape closes; what is not proposed can be written too.
export interface Proposal {
  value: string; // what the field then holds
  label: string;
  note?: string; // smaller, beside the label
}

export interface ComboboxOptions {
  ask(q: string, signal: AbortSignal): Promise<Proposal[]>;
  taken?(p: Proposal): void;
  label: string; // of the list, for screen readers
  some: string; // said when there are proposals: "% propositions"
  none: string;
}

const pause = 180; // ms without typing before one asks
const shortest = 2;

export function combobox(input: HTMLInputElement, o: ComboboxOptions): () => void {
  const holder = document.createElement("div");
  holder.className = "combobox";
  input.replaceWith(holder);
  const box = document.createElement("div");
  box.id = `${input.id}-list`;
  box.className = "suggestions";
  box.hidden = true;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", o.label);
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  holder.append(input, box, said);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": box.id, autocomplete: "off" })) input.setAttribute(name, value);

  let list: Proposal[] = [];
  let options: HTMLElement[] = [];
  let chosen = -1;
  let entered = false; // the Enter that is held down has taken a proposal
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
  const open = (is: boolean): void => {
    box.hidden = !is;
    input.setAttribute("aria-expanded", String(is));
    if (!is) choose(-1);
  };
  const close = (): void => {
    clearTimeout(timer);
    under?.abort();
    open(false);
  };
  const show = (found: Proposal[]): void => {
    list = found;
    choose(-1);
    options = found.map((p, n) => {
      const option = document.createElement("div");
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.id = `${box.id}-${n}`;
      option.dataset.n = String(n);
      const label = document.createElement("span");
      label.textContent = p.label;
      option.append(label);
      if (p.note) {
        const note = document.createElement("small");
        note.textContent = p.note;
        option.append(" ", note);
      }
      return option;
    });
    box.replaceChildren(...options);
    open(options.length > 0);
    said.textContent = options.length ? o.some.replace("%", String(options.length)) : o.none;
  };
  const take = (n: number): void => {
    const p = list[n];
    if (!p) return;
    close();
    input.value = p.value;
    o.taken?.(p);
    said.textContent = p.label;
    for (const type of ["input", "change"]) input.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: "taken" }));
  };
  const ask = async (): Promise<void> => {
    under?.abort();
    const q = input.value.trim();
    if (q.length < shortest) return open(false);
    under = new AbortController();
    const { signal } = under;
    try {
      const found = await o.ask(q, signal);
      if (!signal.aborted && document.activeElement === input) show(found);
    } catch {
      open(false); // the field takes what is written
    }
  };
  const typed = (e: Event): void => {
    if ((e as CustomEvent).detail === "taken") return;
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), pause);
  };
  input.addEventListener("input", typed);
  input.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (box.hidden) return void ask();
      clearTimeout(timer); // who chooses is not given another list
      under?.abort();
      const n = options.length;
      choose(e.key === "ArrowDown" ? (chosen + 1) % n : (chosen <= 0 ? n : chosen) - 1);
    } else if (e.key === "Enter" && !box.hidden && chosen >= 0) {
      e.preventDefault(); // it takes the proposal, and does not send the form
      entered = true;
      take(chosen);
    } else if (e.key === "Escape" && !box.hidden) {
      e.preventDefault();
      close();
    }
  });
  input.addEventListener("keypress", (e) => {
    if (e.key === "Enter" && entered) e.preventDefault();
  });
  input.addEventListener("keyup", () => (entered = false));
  box.addEventListener("mousedown", (e) => e.preventDefault()); // the field keeps the focus
  box.addEventListener("click", (e) => {
    const option = (e.target as HTMLElement).closest<HTMLElement>("[role=option]");
    if (option) take(Number(option.dataset.n));
  });
  input.addEventListener("blur", close);
  return close;
}
