import { Listbox, optionOf } from "../listbox";

// A field that is completed while one types: Enter takes what is chosen; what is not
// proposed can be written too.
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
  atOnce?: boolean; // it opens before anything is typed, when it is clicked
}

const pause = 180; // ms
const shortest = 2; // characters

export function combobox(input: HTMLInputElement, o: ComboboxOptions): () => void {
  const holder = document.createElement("div");
  holder.className = "combobox";
  input.replaceWith(holder);
  holder.append(input);
  const proposed = new Map<HTMLElement, Proposal>();
  let entered = false; // the Enter that is held down has taken a proposal

  const take = (option: HTMLElement): void => {
    const p = proposed.get(option);
    if (!p) return;
    list.close();
    input.value = p.value;
    o.taken?.(p);
    list.say(p.label);
    for (const type of ["input", "change"]) input.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: "taken" }));
  };
  const list = new Listbox(input, holder, {
    pause: o.atOnce ? 0 : pause,
    shortest: o.atOnce ? 0 : shortest,
    take,
    label: o.label,
    ask: async (q, signal) => {
      const found = await o.ask(q, signal);
      return (box) => {
        proposed.clear();
        for (const p of found) {
          const option = optionOf("");
          const label = document.createElement("span");
          label.textContent = p.label;
          option.append(label);
          if (p.note) {
            const note = document.createElement("small");
            note.textContent = p.note;
            option.append(" ", note);
          }
          proposed.set(option, p);
          box.append(option);
        }
        return { options: [...proposed.keys()], said: found.length ? o.some.replace("%", String(found.length)) : o.none };
      };
    },
  });
  input.addEventListener("input", (e: Event) => {
    if ((e as CustomEvent).detail !== "taken") list.typed();
  });
  input.addEventListener("keydown", (e) => {
    const option = e.key === "Enter" ? list.chosen : undefined;
    if (!option) return;
    e.preventDefault(); // it takes the proposal, and does not send the form
    entered = true;
    take(option);
  });
  input.addEventListener("keypress", (e) => {
    if (e.key === "Enter" && entered) e.preventDefault();
  });
  input.addEventListener("keyup", () => (entered = false));
  if (o.atOnce) input.addEventListener("click", () => list.typed());
  return () => list.close();
}
