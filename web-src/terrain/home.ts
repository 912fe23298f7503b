// The list of forms, and the page of one.
import type { Application, View } from "./application";
import { h, icon, link, notice } from "./dom";
import { nameOf } from "./definition";
import type { Kept, KeptForm } from "./store";
import { stateLine } from "./queue";
import { markdown } from "./markdown";
import { bytes, t } from "./words";

function others(app: Application): HTMLElement | null {
  const n = app.phone.line.others;
  return n ? notice("look-here", t("others.title", { Count: n }), h("p", {}, t("others.text"))) : null;
}

function whose(app: Application): HTMLElement {
  const { account } = app.phone.line;
  return h("p", { class: "terrain-whose" }, icon("circle-user"), h("span", {}, account ? t("home.of", { Name: account.name }) : t("home.nobody")));
}

function card(f: KeptForm, entries: Kept[], now: number): HTMLElement {
  const d = f.definition;
  const here = entries.filter((e) => e.form === f.id && e.state !== "sent").length;
  const sent = entries.filter((e) => e.form === f.id && e.state === "sent").length;
  const counts = [here ? t("home.here", { Count: here }) : "", sent ? t("home.sent", { Count: sent }) : ""].filter(Boolean).join(" · ");
  return h("li", { class: "terrain-card" },
    h("a", { class: "terrain-card-name", href: `#form/${f.id}`, id: `form-${f.id}` }, h("strong", {}, d.title), h("span", { class: "soft" }, d.organisation.name), counts ? h("span", { class: "terrain-counts" }, counts) : null),
    closed(f, now) ? h("p", { class: "soft" }, t(f.gone ? "form.gone" : "form.closed")) : link(t("home.enter"), `#new/${f.id}`, { kind: "primary", icon: "plus" }),
  );
}

export function closed(f: KeptForm, now: number): boolean {
  const d = f.definition;
  if (f.gone) return true;
  if (d.closes && Date.parse(d.closes) < now) return true;
  return d.opens ? Date.parse(d.opens) > now : !d.open && !d.closes;
}

export async function homePage(app: Application): Promise<View> {
  const account = app.phone.part();
  const [forms, entries] = await Promise.all([app.store.forms(account), app.store.entries(account)]);
  const element = h("div", { class: "terrain-home" }, h("h1", { tabindex: -1 }, t("home.title")), whose(app), others(app));
  if (forms.length) element.append(h("ul", { class: "terrain-cards", role: "list" }, ...forms.map((f) => card(f, entries, app.now()))));
  else {
    const { line } = app.phone;
    const empty = line.busy || !line.known ? (line.cut ? "home.empty-offline" : "home.loading") : line.account ? "home.empty" : "home.empty-nobody";
    element.append(h("div", { class: "terrain-empty" }, h("p", {}, t(empty))));
  }
  if (!app.phone.line.account) element.append(link(t("top.sign-in"), app.signIn(), { icon: "log-in", kind: forms.length ? undefined : "primary" }));
  return { element, title: t("home.title"), live: true };
}

const lately = 20;

export async function formPage(app: Application, id: string): Promise<View> {
  const f = await app.form(app.phone.part(), id);
  if (!f) return homePage(app);
  const d = f.definition;
  const entries = (await app.store.entries(f.account)).filter((e) => e.form === id);
  const drafts = entries.filter((e) => e.state === "draft");
  const mine = entries.filter((e) => e.state !== "draft");
  const own = new Set(entries.map((e) => e.id));
  const others = (await app.store.seen(f.account, id)).filter((e) => !own.has(e.id)).sort((a, b) => (b.changed_at ?? "").localeCompare(a.changed_at ?? ""));
  const element = h("div", {},
    h("p", { class: "terrain-back" }, h("a", { href: "#" }, icon("arrow-left"), h("span", {}, t("back.forms")))),
    h("h1", { tabindex: -1 }, d.title), h("p", { class: "soft" }, d.organisation.name),
    d.description ? h("div", { class: "terrain-note" }, ...markdown(d.description)) : null,
    closed(f, app.now()) ? notice("look-here", t(f.gone ? "form.gone" : "form.closed")) : link(t("form.new"), `#new/${id}`, { kind: "primary", icon: "plus", class: "terrain-main" }),
    d.place ? link(t("form.around"), `#around/${id}`, { icon: "map", class: "terrain-wide" }) : null,
    section(t("form.drafts"), drafts), section(t("form.mine"), mine.slice(0, lately)),
    others.length ? h("section", {}, h("h2", {}, t("form.others", { Count: others.length })), h("ul", { class: "terrain-list", role: "list" }, ...others.slice(0, lately).map((e) => h("li", {}, h("strong", {}, nameOf(d, e.values) || t("entry.untitled")), e.by ? h("span", { class: "soft" }, e.by) : null)))) : null,
  );
  return { element, title: d.title, live: true };
}

function section(title: string, list: Kept[]): HTMLElement | null {
  if (!list.length) return null;
  return h("section", {}, h("h2", {}, title), h("ul", { class: "terrain-list", role: "list" }, ...list.map(entryLine)));
}

export function entryLine(e: Kept): HTMLElement {
  const weight = e.files.reduce((n, f) => n + f.size, 0);
  return h("li", {}, h("a", { href: `#${e.state === "draft" ? "edit" : "entry"}/${e.id}`, id: `entry-${e.id}` }, h("strong", {}, e.title || t("entry.untitled")), stateLine(e), weight && e.state !== "sent" ? h("span", { class: "soft" }, t("entry.files", { Count: e.files.length, Size: bytes(weight) })) : null));
}

