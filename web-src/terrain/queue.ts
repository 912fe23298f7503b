// What is on this phone only, what was sent, what was refused and why; and the page
// of one entry.
import type { Application, View } from "./application";
import { fieldsOf, rowsOf, say, shown } from "./definition";
import type { Definition, Values } from "./definition";
import { ask, button, h, icon, notice } from "./dom";
import { entryLine, homePage } from "./home";
import type { Kept } from "./store";
import { moment, t } from "./words";

// In plain words, where an entry is.
export function stateLine(e: Kept): HTMLElement {
  const say = (tone: string, mark: Parameters<typeof icon>[0], text: string) => h("span", { class: `terrain-state terrain-state-${tone}` }, icon(mark), h("span", {}, text));
  switch (e.state) {
    case "draft":
      if (e.before?.state === "sent") return say("look", "smartphone", t("state.changed-sent", { When: moment(e.updated), Sent: moment(e.before.sent) }));
      if (e.before) return say("look", "smartphone", t("state.changed", { When: moment(e.updated) }));
      return say("calm", "pencil", t("state.draft", { When: moment(e.updated) }));
    case "waiting":
      if (e.error) return say("look", "smartphone", t("state.waiting-room", { Why: e.error.message }));
      return say("look", "smartphone", e.tries > 0 ? t("state.waiting-tried", { Count: e.tries }) : t("state.waiting"));
    case "refused":
      return say("wrong", "circle-alert", t("state.refused", { Why: e.error?.message || t("state.no-reason") }));
    case "conflict":
      return say("wrong", "git-compare", t(e.server?.state === "removed" ? "state.removed-there" : "state.conflict"));
    case "sent":
      if (e.server?.state === "removed") return say("calm", "trash-2", t("state.removed"));
      if (e.server?.state === "refused") return say("wrong", "circle-alert", t("state.moderated", { Why: e.server.reason || t("state.no-reason") }));
      if (e.server?.state === "waiting") return say("good", "circle-check", t("state.sent-waiting", { When: moment(e.sent) }));
      return say("good", "circle-check", t("state.sent", { When: moment(e.sent) }));
  }
}

function group(title: string, text: string, list: Kept[], most = 100): HTMLElement | null {
  if (!list.length) return null;
  return h("section", {}, h("h2", {}, title), h("p", { class: "soft" }, text), h("ul", { class: "terrain-list", role: "list" }, ...list.slice(0, most).map(entryLine)));
}

export async function queuePage(app: Application): Promise<View> {
  const all = await app.store.entries(app.phone.part());
  const of = (...states: Kept["state"][]) => all.filter((e) => states.includes(e.state));
  const here = of("waiting");
  const drafts = of("draft");
  const wrong = of("refused", "conflict");
  const sent = of("sent").sort((a, b) => b.sent - a.sent);
  const { line } = app.phone;
  const unsent = [...wrong, ...here, ...drafts];
  const said = line.busy ? t("queue.busy") : line.next && here.length ? t("queue.next", { When: new Date(line.next).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) }) : "";
  const element = h("div", {},
    h("h1", { tabindex: -1 }, t("queue.title")),
    h("p", { class: "terrain-sum" }, t("queue.sum", { Here: here.length + drafts.length + wrong.length, Sent: sent.length })),
    here.length ? button(t("queue.send"), () => app.phone.round(true), { kind: "primary", icon: "send", class: "terrain-main", disabled: line.busy }) : null,
    h("p", { class: "soft", role: "status" }, said),
    group(t("queue.wrong", { Count: wrong.length }), t("queue.wrong-text"), wrong),
    group(t("queue.here", { Count: here.length }), t("queue.here-text"), here),
    group(t("queue.drafts", { Count: drafts.length }), t("queue.drafts-text"), drafts),
    group(t("queue.sent", { Count: sent.length }), t("queue.sent-text"), sent),
    all.length ? null : h("p", { class: "terrain-empty" }, t("queue.empty")),
    unsent.length ? button(t("queue.export"), () => app.export(unsent, "socle-terrain"), { icon: "download", class: "terrain-wide" }) : null,
    line.others ? notice("look-here", t("others.title", { Count: line.others }), h("p", {}, t("others.text"))) : null,
  );
  return { element, title: t("queue.title"), live: true };
}

// The answers of an entry, question by question.
export function answersOf(d: Definition, values: Values): HTMLElement {
  const list = h("dl", { class: "terrain-answers-list" });
  for (const f of fieldsOf(d.items)) {
    const text = values[f.name ?? ""] ?? "";
    if (!text || f.control === "hidden") continue;
    const rows = f.kind === "repeat" ? rowsOf(text) : null;
    list.append(h("dt", {}, say(d.items, f.label || f.title || f.name || "", [values])), h("dd", {}, rows ? t("entry.rows", { Count: rows.length }) : shown(f, text)));
  }
  return list;
}

export async function entryPage(app: Application, id: string): Promise<View> {
  const e = await app.store.entry(id);
  if (!e || e.account !== app.phone.part()) return homePage(app);
  const form = await app.form(e.account, e.form);
  const d = form?.definition;
  const urls: string[] = [];
  const pictures = h("div", { class: "terrain-pictures" });
  for (const f of e.files) {
    const kept = await app.store.file(e.id, f.sha256);
    if (!kept || !f.type.startsWith("image/")) continue;
    const url = URL.createObjectURL(kept.blob);
    urls.push(url);
    pictures.append(h("img", { src: url, alt: f.name }));
  }
  const acts = h("div", { class: "terrain-acts" });
  if (form && (e.state !== "conflict") && e.server?.state !== "removed") acts.append(button(t(e.state === "draft" ? "entry.go-on" : "entry.edit"), () => app.edit(e), { icon: "pencil", kind: e.state === "refused" ? "primary" : undefined }));
  if (e.state === "refused" || e.state === "conflict" || e.state === "waiting") acts.append(button(t("entry.export"), () => app.export([e], "socle-terrain"), { icon: "download" }));
  if (e.state === "refused") acts.append(button(t("entry.send-again"), () => again(app, e), { icon: "send" }));
  if (!e.before) acts.append(button(t(e.state === "sent" ? "entry.forget" : "entry.delete"), () => remove(app, e), { kind: "danger", icon: "trash-2" }));
  const element = h("div", {},
    h("p", { class: "terrain-back" }, h("a", { href: "#queue" }, icon("arrow-left"), h("span", {}, t("back.queue")))),
    h("h1", { tabindex: -1 }, e.title || t("entry.untitled")), h("p", { class: "soft" }, e.formTitle), h("p", {}, stateLine(e)),
    e.error ? notice(e.state === "waiting" ? "look-here" : "wrong", e.error.message || t("state.no-reason"), e.error.hint ? h("p", {}, e.error.hint) : null, h("ul", {}, ...e.error.fields.map((f) => h("li", {}, `${label(d, f.name)} : ${f.message}`)))) : null,
    e.state === "conflict" && d ? conflict(app, e, d) : null,
    e.revisits ? h("p", { class: "soft" }, t("entry.revisits")) : null,
    d ? answersOf(d, e.values) : null, pictures, acts);
  return { element, title: e.title || t("entry.untitled"), live: true, close: () => urls.forEach((u) => URL.revokeObjectURL(u)) };
}

function label(d: Definition | undefined, name: string): string {
  for (const f of d ? fieldsOf(d.items) : []) if (f.name === name) return say(d?.items ?? [], f.label || name);
  return name;
}

// The two states of an entry side by side, and the choice between them.
function conflict(app: Application, e: Kept, d: Definition): HTMLElement {
  const removed = e.server?.state === "removed";
  const differing = Object.keys({ ...e.values, ...e.server?.values }).filter((k) => (e.values[k] ?? "") !== (e.server?.values[k] ?? ""));
  return notice("look-here", t(removed ? "conflict.removed" : "conflict.title"),
    removed ? null : h("dl", { class: "terrain-answers-list" }, ...differing.flatMap((k) => [h("dt", {}, label(d, k)), h("dd", {}, t("conflict.mine", { Value: e.values[k] || "–" })), h("dd", {}, t("conflict.theirs", { Value: e.server?.values[k] || "–" }))])),
    h("div", { class: "terrain-acts" },
      removed ? null : button(t("conflict.keep-mine"), async () => {
        await app.store.change(e.id, (k) => {
          k.state = "waiting";
          k.base = k.server?.revision ?? k.base;
          k.change++;
          k.next = 0;
        });
        app.changed();
        void app.phone.round(true);
      }, { kind: "primary" }),
      removed ? null : button(t("conflict.keep-theirs"), async () => {
        await app.store.change(e.id, (k) => {
          k.state = "sent";
          k.values = k.server?.values ?? k.values;
          k.files = k.server?.files ?? k.files;
          k.base = k.server?.revision ?? k.base;
          k.sent = Date.now();
        });
        app.changed();
      }),
      removed ? button(t("conflict.as-new"), () => asNew(app, e), { kind: "primary" }) : null));
}

// What was removed on the server may be entered again, as an entry of its own.
async function asNew(app: Application, e: Kept): Promise<void> {
  const id = crypto.randomUUID();
  const files = [];
  for (const f of e.files) {
    const kept = await app.store.file(e.id, f.sha256);
    if (kept) files.push({ ...kept, entry: id });
  }
  const kept = new Set(files.map((f) => f.sha256));
  await app.store.keep({ ...e, id, base: 0, state: "waiting", server: null, files: e.files.filter((f) => kept.has(f.sha256)), change: 0, tries: 0, next: 0, secret: e.account ? "" : crypto.randomUUID() }, files);
  await app.store.remove(e.id);
  app.go("queue");
  void app.phone.round(true);
}

async function again(app: Application, e: Kept): Promise<void> {
  await app.store.change(e.id, (k) => {
    k.state = "waiting";
    k.error = null;
    k.next = 0;
  });
  app.changed();
  await app.phone.round(true);
}

async function remove(app: Application, e: Kept): Promise<void> {
  const unsent = e.state !== "sent";
  if (!(await ask(t(unsent ? "delete.title" : "forget.title"), t(unsent ? "delete.text" : "forget.text"), t(unsent ? "entry.delete" : "entry.forget"), t("cancel")))) return;
  await app.store.remove(e.id);
  app.go("queue");
}

