// The field application: its pages, one at a time, by the part of the address after "#".
import { minutesWrong, corrected } from "./clock";
import type { Commune } from "./communes";
import { button, h, icon, link, notice } from "./dom";
import { fieldsOf, inLanguage } from "./definition";
import { Draft } from "./draft";
import { save } from "../save";
import { exported } from "./export";
import { Fill } from "./fill";
import type { Phone } from "./phone";
import { unlessFull } from "./store";
import type { Kept, KeptForm, Store } from "./store";
import { around } from "./around";
import { homePage, formPage } from "./home";
import type { Outline } from "./outline";
import { entryPage, queuePage } from "./queue";
import { phonePage } from "./settings";
import { language, t } from "./words";

export interface View {
  element: HTMLElement;
  title: string;
  close?(): void;
  live?: boolean; // drawn again when something changes
  full?: boolean; // the bar at the foot gives way
}

export interface Updates {
  waiting: () => boolean; // a new version is ready
  use: () => void;
}

// How much the browser promises to keep.
export interface Storage {
  persisted: boolean | null; // null: it does not say
  usage: number;
  quota: number;
}

export class Application {
  communes: Commune[] = [];
  outlines: Outline[] = []; // of the communes
  storage: Storage = { persisted: null, usage: 0, quota: 0 };
  install: (() => void) | null = null;
  private view: View | null = null;
  private draft: Draft | null = null;
  private said: HTMLElement | null = null; // what the last act answered, for the page that comes
  private saying: HTMLElement | null = null; // on the page that is shown
  private drawing = 0;
  private going = 0; // the drawing of a page that somebody goes to
  private missed = false; // something changed while it was drawn
  private readonly waiting = new Set<() => void>(); // for the territory
  private readonly top = h("div", { class: "terrain-top", role: "region", "aria-label": t("top.label") });
  private readonly page = h("div", { class: "terrain-page" });
  private readonly bar = h("nav", { class: "terrain-bar", "aria-label": t("bar.label") });

  constructor(
    readonly root: HTMLElement,
    readonly phone: Phone,
    readonly updates: Updates,
    readonly look: { language: (l: string) => void; theme: () => string; setTheme: (t: string) => void; version: string },
  ) {
    this.page.append(h("h1", {}, t("name"))); // until the first page is drawn
    root.replaceChildren(this.top, this.page);
    root.after(this.bar);
    addEventListener("hashchange", () => void this.route());
    addEventListener("pagehide", () => void this.keep());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.keep();
    });
  }

  // The communes of the territory and their contours, once they are known.
  territory(communes: Commune[], outlines: Outline[]): void {
    this.communes = communes;
    this.outlines = outlines;
    for (const told of this.waiting) told();
  }

  // onTerritory calls when the territory is another; it stops when told.
  onTerritory(told: () => void): () => void {
    this.waiting.add(told);
    return () => void this.waiting.delete(told);
  }

  get store(): Store {
    return this.phone.store;
  }

  private async keep(): Promise<void> {
    if (this.draft && !this.draft.saved) await this.draft.save();
  }

  now(): number {
    return corrected(Date.now(), this.phone.clock?.offset ?? null);
  }

  go(hash: string): void {
    if (location.hash === `#${hash}` || (hash === "" && location.hash === "")) void this.route();
    else location.hash = hash;
  }

  // A form as it is shown: in the language of the application, when it is written in it.
  async form(account: string, id: string): Promise<KeptForm | undefined> {
    const f = await this.store.form(account, id);
    return f && { ...f, definition: inLanguage(f.definition, language()) };
  }

  // Says something at the head of the next page.
  say(element: HTMLElement): void {
    this.said = element;
  }

  // Something has changed: what is shown is drawn again, but for a form being filled in.
  changed(): void {
    void this.frame();
    if (this.view?.live) void this.route(true);
  }

  async route(again = false): Promise<void> {
    if (again && this.going) {
      this.missed = true;
      return;
    }
    const turn = ++this.drawing;
    if (!again) this.going = turn;
    try {
      await this.draw(turn, again);
    } finally {
      if (this.going === turn) this.going = 0;
    }
    if (this.going || !this.missed) return;
    this.missed = false;
    if (this.view?.live) await this.route(true);
  }

  private async draw(turn: number, again: boolean): Promise<void> {
    const next = await this.open(location.hash.slice(1));
    if (turn !== this.drawing || (again && !this.view?.live)) return next.close?.();
    const focus = again ? document.activeElement?.id : "";
    this.view?.close?.();
    this.view = next;
    document.title = `${next.title} – ${t("name")}`;
    if (!again) [this.saying, this.said] = [this.said, null];
    this.page.replaceChildren(...(this.saying ? [this.saying] : []), next.element);
    this.bar.hidden = !!next.full;
    if (!next.full) this.draft = null;
    const framed = this.frame(); // the page does not wait for what stands around it
    if (again) {
      await framed;
      if (focus) document.getElementById(focus)?.focus();
      return;
    }
    scrollTo(0, 0);
    next.element.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    this.root.dataset.ready = location.hash;
    requestAnimationFrame(() => setTimeout(() => performance.mark("terrain-page"))); // it is on the screen
    await framed;
  }

  private async open(hash: string): Promise<View> {
    const [name, id = ""] = hash.split("?")[0].split("/");
    switch (name) {
      case "form":
        return formPage(this, id);
      case "new":
        return this.fill(id, null);
      case "edit":
        return this.fill("", id);
      case "around":
        return around(this, id);
      case "entry":
        return entryPage(this, id);
      case "queue":
        return queuePage(this);
      case "phone":
        return phonePage(this);
      default:
        return homePage(this);
    }
  }

  // filling in

  private async fill(form: string, entry: string | null): Promise<View> {
    const account = this.phone.part();
    const kept = entry ? await this.store.entry(entry) : null;
    if (entry && (!kept || kept.account !== account)) return homePage(this);
    const f = await this.form(account, kept ? kept.form : form);
    if (!f) return homePage(this);
    let fill: Fill | null = null;
    const saved = (e: Error | null) => fill?.trouble(e);
    const clock = { now: () => Date.now(), corrected: () => this.now(), offset: this.phone.clock?.offset ?? null };
    const draft = kept
      ? Draft.resume(this.store, f, kept, clock.corrected, t("entry.untitled"), saved)
      : Draft.begin(this.store, f, clock, t("entry.untitled"), saved, await this.last(f));
    if (!kept) void unlessFull(this.store.changeForm(account, f.id, (k) => void (k.used = Date.now()))).catch(console.error); // for the order of the list: nothing waits for the disk
    fill = new Fill(this, draft);
    this.draft = draft;
    return { element: fill.element, title: f.definition.title, close: () => fill?.close(), full: true };
  }

  // The entry before: where a new one may begin with the same answers.
  private async last(f: KeptForm): Promise<Kept["values"] | undefined> {
    if (![...fieldsOf(f.definition.items)].some((it) => it.repeat_last)) return undefined;
    return (await this.store.entries(f.account)).find((e) => e.form === f.id && e.state !== "draft")?.values;
  }

  async finished(draft: Draft): Promise<void> {
    const name = draft.entry.title;
    this.draft = null;
    this.say(
      notice("good", t(this.phone.line.cut ? "finish.here" : "finish.sending", { Name: name }),
        h("div", { class: "terrain-acts" }, link(t("finish.again"), `#new/${draft.form.id}`, { icon: "plus", kind: "primary" }), link(t("finish.see"), "#queue"))),
    );
    this.go(`form/${draft.form.id}`);
    void this.phone.round(true);
  }

  // Goes on with a change of something that was finished or refused.
  async edit(e: Kept): Promise<void> {
    this.go(`edit/${e.id}`);
  }

  async export(entries: Kept[], name: string): Promise<void> {
    const blob = await exported(this.store, entries, new Date(this.now()));
    const day = new Date(this.now()).toISOString().slice(0, 16).replace(/[:T]/g, "-");
    save(blob, `${name}-${day}.zip`);
  }

  // the frame

  private async frame(): Promise<void> {
    const entries = await this.store.entries(this.phone.part());
    const here = entries.filter((e) => e.state === "waiting" || e.state === "draft").length;
    const wrong = entries.filter((e) => e.state === "refused" || e.state === "conflict").length;
    this.top.replaceChildren(...this.banners());
    const [page] = location.hash.slice(1).split("/");
    const tab = (name: string, label: string, mark: Parameters<typeof icon>[0], count = 0, bad = false) =>
      h("a", { href: `#${name}`, id: `bar-${name || "home"}`, "aria-current": page === name || (name === "" && ["form", "around"].includes(page)) ? "page" : undefined },
        icon(mark), h("span", {}, label), count > 0 ? h("span", { class: `terrain-count${bad ? " terrain-count-bad" : ""}` }, String(count)) : null);
    const focus = document.activeElement?.id;
    this.bar.replaceChildren(tab("", t("bar.forms"), "clipboard-list"), tab("queue", t("bar.queue"), "send", here + wrong, wrong > 0), tab("phone", t("bar.phone"), "smartphone"));
    if (focus?.startsWith("bar-")) document.getElementById(focus)?.focus();
  }

  private banners(): HTMLElement[] {
    const { line } = this.phone;
    const out: HTMLElement[] = [];
    const strip = (tone: string, mark: Parameters<typeof icon>[0], text: string, act?: HTMLElement) => out.push(h("div", { class: `terrain-strip terrain-strip-${tone}`, role: "status" }, icon(mark), h("span", {}, text), act));
    if (line.cut || !navigator.onLine) strip("calm", "wifi-off", t("top.offline"));
    else if (line.account && line.known && !line.signedIn) strip("look", "log-in", t("top.session-over"), link(t("top.sign-in"), this.signIn()));
    if (this.updates.waiting()) strip("calm", "refresh-cw", t("top.update"), button(t("top.update-use"), async () => (await this.keep(), this.updates.use())));
    const wrong = minutesWrong(this.phone.clock);
    if (wrong) strip("look", "clock", t(wrong > 0 ? "top.clock-fast" : "top.clock-slow", { Count: Math.abs(wrong) }));
    return out;
  }

  signIn(): string {
    return `/sign-in?next=${encodeURIComponent("/terrain")}`;
  }
}
