// What is proposed under a field while one types, by the pattern "combobox" of ARIA:
// the arrows choose, Escape closes. What is listed, and what Enter does, is for who
// makes it.
export interface ListboxOptions {
  ask(q: string, signal: AbortSignal): Promise<ShowList>;
  take(option: HTMLElement): void; // that was clicked
  label: string; // of the list, for screen readers
  pause: number; // ms without typing before one asks
  shortest: number; // characters that one asks for
}

// ShowList fills the box with options, and gives them in their order, and what is said.
export type ShowList = (box: HTMLElement) => { options: HTMLElement[]; said: string };

export class Listbox {
  private readonly box = document.createElement("div");
  private readonly status = document.createElement("p");
  private options: HTMLElement[] = [];
  private at = -1;
  private asked = "";
  private timer = 0;
  private under?: AbortController;

  constructor(
    private readonly input: HTMLInputElement,
    holder: HTMLElement,
    private readonly o: ListboxOptions,
  ) {
    this.box.id = `${input.id}-list`;
    this.box.className = "suggestions";
    this.box.hidden = true;
    this.box.setAttribute("role", "listbox");
    this.box.setAttribute("aria-label", o.label);
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    holder.append(this.box, this.status);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.box.id, autocomplete: "off" })) input.setAttribute(name, value);
    this.asked = input.value;
    input.addEventListener("keydown", (e) => this.key(e));
    this.box.addEventListener("mousedown", (e) => e.preventDefault()); // the field keeps the focus
    this.box.addEventListener("click", (e) => {
      const option = (e.target as HTMLElement).closest<HTMLElement>("[role=option]");
      if (option) o.take(option);
    });
    input.addEventListener("blur", () => this.close());
  }

  // chosen is the option that the arrows stand on.
  get chosen(): HTMLElement | undefined {
    return this.box.hidden ? undefined : this.options[this.at];
  }

  say(text: string): void {
    this.status.textContent = text;
  }

  close(): void {
    clearTimeout(this.timer);
    this.under?.abort();
    this.open(false);
  }

  // typed asks when nothing was typed for a while.
  typed(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), this.o.pause);
  }

  private open(is: boolean): void {
    this.box.hidden = !is;
    this.input.setAttribute("aria-expanded", String(is));
    if (!is) this.choose(-1);
  }

  private choose(n: number): void {
    this.options[this.at]?.setAttribute("aria-selected", "false");
    this.at = n;
    const option = this.options[n];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  private async ask(): Promise<void> {
    this.under?.abort();
    this.asked = this.input.value;
    const q = this.asked.trim();
    if (q.length < this.o.shortest) return this.open(false);
    this.under = new AbortController();
    const { signal } = this.under;
    try {
      const show = await this.o.ask(q, signal);
      if (signal.aborted || document.activeElement !== this.input) return;
      this.choose(-1);
      this.box.replaceChildren();
      const { options, said } = show(this.box);
      this.options = options;
      options.forEach((option, n) => (option.id = `${this.box.id}-o${n}`));
      this.open(options.length > 0);
      this.say(said);
    } catch {
      this.open(false); // the field takes what is written
    }
  }

  private key(e: KeyboardEvent): void {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (this.box.hidden) {
        if (this.options.length === 0 || this.input.value !== this.asked) return void this.ask();
        this.open(true);
      }
      clearTimeout(this.timer); // who chooses is not given another list
      this.under?.abort();
      const n = this.options.length;
      this.choose(e.key === "ArrowDown" ? (this.at + 1) % n : (this.at <= 0 ? n : this.at) - 1);
    } else if (e.key === "Escape" && !this.box.hidden) {
      e.preventDefault();
      this.close();
    }
  }
}

export function optionOf(text: string): HTMLElement {
  const option = document.createElement("div");
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.append(text);
  return option;
}
