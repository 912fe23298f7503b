import type { Island } from "../island";

// The table of a file that is being mended: a faulty cell is written anew in its place.
// The form that stands over the cell is the one that is sent without this; here the page
// stays, is asked for again until the file is checked, and its part comes anew. What is
// typed meanwhile stays, what is sent meanwhile waits for its turn.
// data-at is the address that waits for the file, data-checking what is said meanwhile.
type Typed = { row: string; field: string; value: string };

const pause = 250; // ms between two looks
const patience = 240; // looks before the waiting page is shown

const mend: Island = (element) => {
  const { at, checking } = element.dataset;
  const part = element.querySelector<HTMLElement>("[data-part=mending]");
  const said = element.querySelector<HTMLElement>("[data-part=said]");
  if (!at || !part || !said) return;
  let busy = false;
  const waiting: Typed[] = [];

  const typed = (form: HTMLFormElement): Typed => {
    const data = new FormData(form);
    return { row: String(data.get("row")), field: String(data.get("field")), value: String(data.get("value")) };
  };
  const forms = (): HTMLFormElement[] => [...part.querySelectorAll<HTMLFormElement>(".cell-form")];
  const formOf = (t: Typed): HTMLFormElement | undefined =>
    forms().find((f) => {
      const other = typed(f);
      return other.row === t.row && other.field === t.field;
    });
  const cellOf = (form: HTMLFormElement): HTMLElement | null => form.closest<HTMLElement>("td, th");
  const markOf = (form: HTMLFormElement): HTMLElement | null => cellOf(form)?.querySelector<HTMLElement>(".cell-mark") ?? null;
  const wrong = (form: HTMLFormElement): boolean => cellOf(form)?.classList.contains("cell-wrong") ?? false;
  const inputOf = (form: HTMLFormElement): HTMLInputElement | null => form.querySelector<HTMLInputElement>("input[name=value]");
  const open = (form: HTMLFormElement, value?: string): void => {
    const input = inputOf(form);
    if (input && value !== undefined) input.value = value;
    markOf(form)?.click();
  };

  // next is the faulty cell after one, in the order of the table.
  const next = (order: Typed[], after: Typed): HTMLFormElement | undefined => {
    const from = order.findIndex((t) => t.row === after.row && t.field === after.field);
    for (const t of [...order.slice(from + 1), ...order.slice(0, from + 1)]) {
      const form = formOf(t);
      if (form && wrong(form)) return form;
    }
    return forms().find(wrong);
  };

  const show = (fresh: HTMLElement, done: Typed): void => {
    const before = part.querySelector<HTMLElement>(".table-scroll");
    const place = before && { left: before.scrollLeft, down: before.scrollTop, top: before.getBoundingClientRect().top };
    const order = forms().map(typed);
    const under = part.querySelector<HTMLFormElement>(".cell-editor:popover-open .cell-form");
    const writing = under && typed(under);
    const elsewhere = document.activeElement !== document.body && !part.contains(document.activeElement);
    part.replaceChildren(...[...fresh.childNodes].map((n) => document.importNode(n, true)));
    part.dispatchEvent(new CustomEvent("socle:fresh", { bubbles: true }));
    const after = part.querySelector<HTMLElement>(".table-scroll");
    if (place && after) {
      after.scrollTo(place.left, place.down);
      scrollBy({ top: after.getBoundingClientRect().top - place.top, behavior: "instant" });
    }
    said.textContent = part.querySelector(".notice-title")?.textContent?.trim() ?? "";
    const again = writing && formOf(writing);
    if (writing && again) {
      open(again, writing.value);
      return inputOf(again)?.setSelectionRange(writing.value.length, writing.value.length);
    }
    if (elsewhere) return;
    const same = formOf(done);
    if (same && wrong(same)) return open(same, done.value);
    const target = next(order, done);
    (target ? markOf(target) : part.querySelector<HTMLElement>(".actions .button"))?.focus();
  };

  // sent gives the page that stands once the file is checked.
  const sent = async (form: HTMLFormElement): Promise<[Response, Document]> => {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    let answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    for (let looks = 0; ; looks++) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !page.getElementById("reading") || looks === patience) return [answer, page];
      await new Promise((done) => setTimeout(done, pause));
      answer = await fetch(at, { headers: { Accept: "text/html" } });
    }
  };

  const send = async (form: HTMLFormElement): Promise<void> => {
    const done = typed(form);
    const cell = cellOf(form);
    busy = true;
    cell?.setAttribute("aria-busy", "true");
    const value = cell?.querySelector(".cell-value");
    if (value) value.textContent = done.value;
    form.closest<HTMLElement>("[popover]")?.hidePopover();
    said.textContent = checking ?? "";
    try {
      const [answer, page] = await sent(form);
      const fresh = page.querySelector<HTMLElement>("[data-island=mend] [data-part=mending]");
      if (fresh) {
        show(fresh, done);
      } else if (answer.ok) {
        location.assign(answer.url); // nothing is left to mend, or it takes long
        return;
      } else {
        // What went wrong is said as it is without this.
        const main = page.querySelector("main");
        if (main) document.querySelector("main")?.replaceChildren(...[...main.childNodes].map((n) => document.importNode(n, true)));
        document.title = page.title;
        return;
      }
    } catch {
      cell?.removeAttribute("aria-busy");
      said.textContent = "";
      const trouble = document.getElementById("trouble");
      if (trouble) trouble.hidden = false;
      waiting.length = 0;
      open(form, done.value);
    }
    busy = false;
    const first = waiting.shift();
    const form2 = first && formOf(first);
    if (!first || !form2) return;
    const input = inputOf(form2);
    if (input) input.value = first.value;
    void send(form2);
  };

  element.addEventListener("submit", (e) => {
    const form = e.target as HTMLFormElement;
    if (!form.matches(".cell-form")) return;
    e.preventDefault();
    if (!busy) return void send(form);
    const t = typed(form);
    waiting.push(t);
    const value = cellOf(form)?.querySelector(".cell-value");
    if (value) value.textContent = t.value;
    form.closest<HTMLElement>("[popover]")?.hidePopover();
  });
  // All of it is chosen as the field opens: not later, when somebody types already.
  element.addEventListener("focusin", (e) => {
    const input = e.target as HTMLInputElement;
    if (input.matches(".cell-form input[name=value]")) input.select();
  });
};
export default mend;
