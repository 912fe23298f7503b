// The page on which an entry is filled in: a short list, or one question a screen.
import { answersAround, nameOfItem, pathOf, valueAt } from "./answers";
import type { Path, Problem } from "./answers";
import type { Application } from "./application";
import { control } from "./controls";
import { cites, nameOf, rowsOf, say } from "./definition";
import type { Item } from "./definition";
import { markdown } from "./markdown";
import { ask, button, h, icon, notice } from "./dom";
import type { Draft } from "./draft";
import { nearby, placedOf } from "./near";
import type { Fix } from "./position";
import type { Widget } from "./widget";
import { distance, t } from "./words";

type Steps = [string, number][];

interface Placed {
  path: Path;
  item: Item;
  element: HTMLElement;
  widget?: Widget;
  problem?: HTMLElement;
  redraw?(): void;
  tell?(): void; // writes its texts again: they cite answers
}

export class Fill {
  readonly element = h("div", { class: "terrain-fill" });
  private readonly placed: Placed[] = [];
  private readonly ends: (() => void)[] = [];
  private readonly form = h("form", { class: "terrain-form", novalidate: true });
  private readonly summary = h("div", { class: "terrain-summary", tabindex: -1 });
  private readonly room = h("div");
  private readonly changes = h("div"); // of a finished entry
  private readonly near = h("div", { class: "terrain-near" });
  private readonly progress = h("p", { class: "terrain-progress", role: "status" });
  private readonly foot = h("div", { class: "terrain-foot" });
  private readonly touched = new Set<Path>();
  private all = false; // every problem is shown
  private screen = 0;
  private number = 0;

  constructor(
    private readonly app: Application,
    private readonly draft: Draft,
  ) {
    const d = draft.form.definition;
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (this.many()) this.next();
      else void this.finish();
    });
    d.items.forEach((it, n) => this.form.append(this.item(it, n, [])));
    if (draft.state.faults.length) console.warn("expressions that cannot be evaluated", draft.state.faults);
    this.element.append(h("h1", { tabindex: -1 }, d.title), this.room, this.changes, this.summary);
    if (draft.entry.error) this.element.append(notice("wrong", t("fill.was-refused"), h("p", {}, draft.entry.error.message), draft.entry.error.hint ? h("p", {}, draft.entry.error.hint) : null, this.refusedFields()));
    if (d.description && draft.entry.change === 0) this.element.append(h("div", { class: "terrain-note" }, ...markdown(d.description)));
    this.element.append(this.progress, this.form, this.foot);
    this.form.append(h("button", { type: "submit", class: "visually-hidden", tabindex: -1 }, t("fill.next")));
    this.show();
  }

  close(): void {
    for (const end of this.ends) end();
    if (!this.draft.saved) void this.draft.save();
  }

  // The phone has no room, or has it again.
  trouble(e: Error | null): void {
    this.room.replaceChildren(...(e ? [notice("wrong", t("full.title"), h("p", {}, t("full.text")))] : []));
    if (e) this.room.scrollIntoView({ block: "nearest" });
  }

  private refusedFields(): HTMLElement | null {
    const fields = this.draft.entry.error?.fields ?? [];
    if (!fields.length) return null;
    return h("ul", {}, ...fields.map((f) => h("li", {}, `${this.label(f.name)} : ${f.message}`)));
  }

  private label(path: Path): string {
    const it = this.draft.filling.find(path);
    return this.say(it?.label || it?.title, []) || path;
  }

  // A text with the answers that it cites, as they are now.
  private say(text: string | undefined, steps: Steps): string {
    return text && cites(text) ? say(this.draft.form.definition.items, text, answersAround(this.draft.state, steps)) : text ?? "";
  }

  // The same as a node, with what writes it again.
  private text(text: string | undefined, steps: Steps): { node: Text; tell?(): void } {
    const node = document.createTextNode(this.say(text, steps));
    return { node, tell: cites(text) ? () => { node.data = this.say(text, steps); } : undefined };
  }

  private many(): boolean {
    return this.draft.form.definition.screens === "many";
  }

  // building

  private item(it: Item, n: number, steps: Steps): HTMLElement {
    const path = pathOf(steps, nameOfItem(it, n));
    if (it.kind === "note") {
      const element = h("div", { class: "terrain-note" }, ...markdown(this.say(it.label, steps)));
      this.placed.push({ path, item: it, element, tell: cites(it.label) ? () => element.replaceChildren(...markdown(this.say(it.label, steps))) : undefined });
      return element;
    }
    if (it.kind === "section") {
      const title = this.text(it.title, steps);
      const element = h("section", { class: "terrain-section" }, it.title ? h("h2", {}, title.node) : null, ...(it.items ?? []).map((inner, i) => this.item(inner, i, steps)));
      this.placed.push({ path, item: it, element, tell: title.tell });
      return element;
    }
    return it.kind === "repeat" ? this.repeat(it, path, steps) : this.field(it, path, steps);
  }

  private repeat(it: Item, path: Path, steps: Steps): HTMLElement {
    const name = it.name ?? "";
    const rows = h("div", { class: "terrain-rows" });
    const problem = h("p", { class: "field-error", hidden: true });
    const title = this.text(it.title || it.label || name, steps);
    const element = h("section", { class: "terrain-section" }, h("h2", {}, title.node), rows, problem);
    const redraw = () => {
      this.forget(path);
      const list = rowsOf(this.draft.value(path));
      rows.replaceChildren(...list.map((_, at) =>
        h("fieldset", { class: "terrain-row" }, h("legend", {}, t("repeat.row", { Count: at + 1 })), ...(it.items ?? []).map((inner, i) => this.item(inner, i, [...steps, [name, at]])),
          list.length > (it.min ?? 0) ? button(t("repeat.remove"), () => (this.draft.removeRow(path, at), redraw(), this.refresh()), { kind: "danger", icon: "trash-2" }) : null)));
      if (list.length < (it.max || 200)) rows.append(button(t("repeat.add"), () => (this.draft.addRow(path, it), redraw(), this.refresh(), this.focusRow(rows)), { icon: "plus", class: "terrain-wide" }));
    };
    this.placed.push({ path, item: it, element, problem, redraw, tell: title.tell });
    redraw();
    return element;
  }

  private focusRow(rows: HTMLElement): void {
    const all = rows.querySelectorAll<HTMLElement>("fieldset.terrain-row");
    all[all.length - 1]?.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
  }

  private forget(repeat: string): void {
    for (let i = this.placed.length - 1; i >= 0; i--) if (this.placed[i].path.startsWith(`${repeat}[`)) this.placed.splice(i, 1);
  }

  private field(it: Item, path: Path, steps: Steps): HTMLElement {
    const name = it.name ?? "";
    const id = `q${++this.number}`;
    const helped = this.text(it.help ?? t("fill.example", { Example: it.example ?? "" }), steps);
    const help = it.help || (it.example && !["text", "integer", "number"].includes(it.control ?? "")) ? h("div", { class: "help", id: `${id}-help` }, helped.node) : null;
    const problem = h("p", { class: "field-error", id: `${id}-problem`, hidden: true });
    const isPlace = !steps.length && name === this.draft.form.definition.place;
    const widget = control(it, {
      id, value: this.draft.value(path), described: `${id}-help ${id}-problem`,
      set: (text, byItself) => {
        this.draft.set(path, text, byItself);
        this.touched.add(path);
        this.refresh(path);
      },
      attach: async (file) => {
        const kept = await this.draft.attach(path, file, it.control === "photo");
        this.refresh();
        return kept;
      },
      preview: async () => {
        const f = this.draft.attached(path);
        return f && this.draft.blob(f);
      },
      communes: () => this.app.communes,
      outlines: () => this.app.outlines,
      onTerritory: (told) => this.ends.push(this.app.onTerritory(told)),
      around: () => placedOf(this.app.store, this.draft.form),
      propose: (kind, q, signal) => this.app.phone.propose(this.draft.form, kind, q, signal),
      accuracy: () => this.draft.entry.accuracies?.[path] ?? 0,
      precise: (accuracy) => this.draft.precise(path, accuracy),
      placed: (fix) => isPlace && void this.look(fix),
      stop: (end) => this.ends.push(end),
    });
    const labelled = this.text(it.label || name, steps);
    const label: (Node | string)[] = [labelled.node];
    if (!it.required && it.control !== "calculated") label.push(h("span", { class: "optional" }, ` (${t("fill.optional")})`));
    const parts = [help, widget.element, isPlace ? this.near : null, problem];
    const element = widget.grouped
      ? h("fieldset", { class: "field terrain-field", "aria-describedby": `${id}-help ${id}-problem` }, h("legend", {}, ...label), ...parts)
      : h("div", { class: "field terrain-field" }, h("label", { for: id }, ...label), ...parts);
    if (it.control === "hidden") element.hidden = true;
    const tells = [labelled.tell, helped.tell].filter((tell) => !!tell);
    this.placed.push({ path, item: it, element, widget, problem, tell: tells.length ? () => tells.forEach((tell) => tell()) : undefined });
    return element;
  }

  // Entries that are already near: the same thing is not entered twice.
  private async look(fix: Fix | null): Promise<void> {
    if (!fix || this.draft.entry.base > 0) return void this.near.replaceChildren();
    const found = (await nearby(this.app.store, this.draft.form, [fix.lon, fix.lat], Math.max(30, fix.accuracy))).filter((n) => n.entry.id !== this.draft.entry.id).slice(0, 3);
    if (!found.length || this.draft.entry.revisits) return void this.near.replaceChildren();
    this.near.replaceChildren(
      notice("information", t("near.already", { Count: found.length }),
        h("p", {}, t("near.same")),
        ...found.map((n) => button(t("near.revisit", { Name: nameOf(this.draft.form.definition, n.entry.values) || t("entry.untitled"), Distance: distance(n.metres) }), () => {
          this.draft.revisit(n.entry);
          for (const p of this.placed) p.redraw?.();
          this.refresh();
          this.near.replaceChildren(notice("good", t("near.revisiting", { Name: nameOf(this.draft.form.definition, n.entry.values) || t("entry.untitled") })));
        }, { class: "terrain-wide" }))),
    );
  }

  // showing

  private refresh(except?: Path): void {
    const { values } = this.draft.state;
    for (const p of this.placed) {
      if (!p.widget || p.path === except) continue;
      p.widget.refresh?.(valueAt(values, p.path));
    }
    this.show();
  }

  // Leaves of the form, in their order: what a screen shows one of.
  private screens(): Placed[] {
    const placed = new Map(this.placed.map((p) => [p.element as Element, p]));
    return this.ordered().filter((p) => p.item.kind !== "section" && !p.path.includes("[") && p.item.control !== "hidden" && this.visible(p, placed));
  }

  private ordered(): Placed[] {
    const order = new Map([...this.form.querySelectorAll("*")].map((e, i) => [e, i]));
    return [...this.placed].sort((a, b) => (order.get(a.element) ?? 0) - (order.get(b.element) ?? 0));
  }

  private visible(p: Placed, placed: ReadonlyMap<Element, Placed>): boolean {
    for (let e: Element | null = p.element; e && e !== this.form; e = e.parentElement) {
      const at = placed.get(e);
      if (at && !this.draft.state.shown.has(at.path)) return false;
    }
    return true;
  }

  private show(): void {
    if (this.draft.entry.state === "draft" && this.draft.entry.before && !this.changes.firstChild)
      this.changes.append(notice("information", t("fill.changes"), h("div", { class: "terrain-acts" }, button(t("fill.abandon"), () => this.abandon(), { icon: "undo-2" }))));
    for (const p of this.placed) {
      p.tell?.();
      const offered = this.draft.state.offered.get(p.path);
      if (offered) p.widget?.offer?.(offered);
    }
    const problems = new Map(this.draft.state.problems.map((p) => [p.path, p]));
    for (const p of this.placed) {
      p.element.hidden = !this.draft.state.shown.has(p.path) || p.item.control === "hidden";
      if (!p.problem) continue;
      const wrong = problems.get(p.path);
      const early = wrong && wrong.key !== "problem.required" && this.touched.has(p.path);
      this.mark(p, wrong && (this.all || early) ? wrong : undefined);
    }
    const list = this.many() ? this.screens() : [];
    if (this.many()) {
      this.screen = Math.min(this.screen, list.length - 1);
      const now = list[this.screen]?.element;
      for (const p of this.placed) {
        const holds = p.element === now || (now && p.element.contains(now)) || (now?.contains(p.element) ?? false);
        if (!holds) p.element.hidden = true;
      }
      this.progress.textContent = t("fill.progress", { Here: this.screen + 1, Count: list.length });
    }
    this.drawFoot(list.length);
  }

  private mark(p: Placed, wrong?: Problem): void {
    if (!p.problem) return;
    p.problem.hidden = !wrong;
    p.element.classList.toggle("field-wrong", !!wrong);
    p.problem.replaceChildren(...(wrong ? [icon("circle-alert"), h("span", {}, this.says(wrong))] : []));
    p.element.querySelectorAll("input, textarea").forEach((e) => (wrong ? e.setAttribute("aria-invalid", "true") : e.removeAttribute("aria-invalid")));
  }

  private says(p: Problem): string {
    return p.text || t(p.key, p.args);
  }

  private drawFoot(screens: number): void {
    const last = !this.many() || this.screen >= screens - 1;
    const key = `${last}${this.screen}`;
    if (this.foot.dataset.key === key) return;
    this.foot.dataset.key = key;
    const act = last ? button(t("fill.finish"), () => this.finish(), { kind: "primary", icon: "check", class: "terrain-main" }) : button(t("fill.next"), () => this.next(), { kind: "primary", icon: "arrow-right", class: "terrain-main" });
    const back = this.many() && this.screen > 0 ? button(t("fill.back"), () => this.go(this.screen - 1), { icon: "arrow-left" }) : button(t("fill.leave"), () => this.leave(), { kind: "quiet" });
    this.foot.replaceChildren(back, act);
  }

  private async leave(): Promise<void> {
    if (!this.draft.saved) await this.draft.save();
    this.app.go(`form/${this.draft.form.id}`);
  }

  private async abandon(): Promise<void> {
    if (!(await ask(t("abandon.title"), t("abandon.text"), t("fill.abandon"), t("cancel")))) return;
    await this.draft.abandon();
    this.app.go(`entry/${this.draft.entry.id}`);
    void this.app.phone.round();
  }

  private next(): void {
    const here = this.screens()[this.screen];
    const wrong = here && this.draft.state.problems.find((p) => p.path === here.path || p.path.startsWith(`${here.path}[`));
    if (wrong) {
      const p = this.placed.find((x) => x.path === wrong.path);
      if (p) {
        this.mark(p, wrong);
        this.focus(p);
      }
      return;
    }
    this.go(this.screen + 1);
  }

  private go(screen: number): void {
    this.screen = Math.max(0, Math.min(screen, this.screens().length - 1));
    this.show();
    const p = this.screens()[this.screen];
    if (p) this.focus(p);
    scrollTo(0, 0);
  }

  private focus(p: Placed): void {
    p.element.querySelector<HTMLElement>("input:not([type=hidden]), textarea, select, button")?.focus();
    p.element.scrollIntoView({ block: "nearest" });
  }

  private async finish(): Promise<void> {
    this.all = true;
    this.show();
    const { problems } = this.draft.state;
    if (problems.length) return this.summarise(problems);
    this.summary.replaceChildren();
    if (!(await this.draft.finish())) return;
    await this.app.finished(this.draft);
  }

  private summarise(problems: Problem[]): void {
    this.summary.replaceChildren(
      notice("wrong", t("fill.problems", { Count: problems.length }),
        h("ul", {}, ...problems.slice(0, 30).map((p) => h("li", {}, button(`${this.label(p.path)} : ${this.says(p)}`, () => this.reach(p.path), { kind: "quiet" }))))),
    );
    this.summary.focus();
    this.summary.scrollIntoView({ block: "start" });
  }

  private reach(path: Path): void {
    const p = this.placed.find((x) => x.path === path);
    if (!p) return;
    if (this.many()) {
      const at = this.screens().findIndex((s) => s === p || s.element.contains(p.element));
      if (at >= 0) this.go(at);
    }
    this.focus(p);
  }
}
