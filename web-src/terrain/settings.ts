// The page of this phone: who uses it, what it keeps and how safely, its look.
import type { Application, View } from "./application";
import { minutesWrong } from "./clock";
import { ask, button, h, icon, link, notice } from "./dom";
import { Cut, Refused } from "./api";
import { address } from "./formaddress";
import { signedOut } from "../signout";
import { readStorage } from "./room";
import { bytes, language, t } from "./words";

export async function phonePage(app: Application): Promise<View> {
  app.storage = await readStorage();
  const element = h("div", {}, h("h1", { tabindex: -1 }, t("phone.title")), account(app), storage(app), await queue(app), addForm(app), look(app), version(app));
  return { element, title: t("phone.title") };
}

function account(app: Application): HTMLElement {
  const { line } = app.phone;
  const name = line.account?.name;
  return h("section", {}, h("h2", {}, t("phone.account")),
    h("p", {}, name ? t("home.of", { Name: name }) : t("home.nobody")),
    line.account && line.known && !line.signedIn && !line.cut ? notice("look-here", t("top.session-over")) : null,
    line.others ? notice("look-here", t("others.title", { Count: line.others }), h("p", {}, t("others.text"))) : null,
    h("div", { class: "terrain-acts" },
      !line.account || !line.signedIn ? link(t("top.sign-in"), app.signIn(), { icon: "log-in" }) : null,
      line.account ? button(t("phone.leave"), () => leave(app), { icon: "log-out" }) : null));
}

async function leave(app: Application): Promise<void> {
  if (!(await ask(t("phone.leave"), t("phone.leave-text"), t("phone.leave-act"), t("cancel"), false))) return;
  await app.phone.leave();
  signedOut();
  app.go("");
  void app.phone.round(true);
}

function storage(app: Application): HTMLElement {
  const s = app.storage;
  const section = h("section", {}, h("h2", {}, t("phone.storage")));
  if (s.persisted) section.append(notice("good", t("storage.persistent")));
  else if (s.persisted === false) section.append(notice("look-here", t("storage.best-effort"), h("p", {}, t("storage.advice")), h("div", { class: "terrain-acts" }, button(t("storage.ask"), async () => (await navigator.storage.persist(), app.go("phone"))))));
  else section.append(h("p", {}, t("storage.unknown")));
  if (s.quota) {
    section.append(h("p", { class: "soft" }, t("storage.room", { Used: bytes(s.usage), Free: bytes(Math.max(0, s.quota - s.usage)) })));
    if (s.quota - s.usage < 20_000_000) section.append(notice("wrong", t("storage.low"), h("p", {}, t("full.text"))));
  }
  return section;
}

async function queue(app: Application): Promise<HTMLElement> {
  const unsent = (await app.store.entries(app.phone.part())).filter((e) => e.state !== "sent");
  const wrong = minutesWrong(app.phone.clock);
  return h("section", {}, h("h2", {}, t("phone.entries")), h("p", {}, t("home.here", { Count: unsent.length })),
    unsent.length ? button(t("queue.export"), () => app.export(unsent, "socle-terrain"), { icon: "download" }) : null,
    wrong ? notice("look-here", t(wrong > 0 ? "top.clock-fast" : "top.clock-slow", { Count: Math.abs(wrong) })) : null);
}

// A form by its address: what a QR code or a message holds.
function addForm(app: Application): HTMLElement {
  const input = h("input", { id: "add-form", class: "input", type: "url", placeholder: "https://…", autocomplete: "off" });
  const said = h("div", { role: "status" });
  const add = async () => {
    const found = address(input.value);
    if (!found) return said.replaceChildren(notice("wrong", t("add.not-an-address"), h("p", {}, t("add.not-an-address.hint"))));
    try {
      const f = await app.phone.add(found.id, found.key);
      app.go(`form/${f.id}`);
    } catch (e) {
      said.replaceChildren(e instanceof Refused ? notice("wrong", e.refusal.message || t("add.refused"), e.refusal.hint ? h("p", {}, e.refusal.hint) : null) : notice("look-here", t(e instanceof Cut ? "add.offline" : "add.refused")));
    }
  };
  return h("section", {}, h("h2", {}, t("add.title")), h("div", { class: "field" }, h("label", { for: "add-form" }, t("add.label")), h("div", { class: "help" }, t("add.help")), input), said, button(t("add.act"), add, { icon: "plus" }));
}

function look(app: Application): HTMLElement {
  const radios = (name: string, legend: string, value: string, choices: [string, string][], act: (v: string) => void) =>
    h("fieldset", { class: "field" }, h("legend", {}, legend), ...choices.map(([v, text]) => h("label", { class: "terrain-choice" }, h("input", { type: "radio", name, value: v, checked: v === value, onchange: () => act(v) }), h("span", {}, text))));
  return h("section", {}, h("h2", {}, t("phone.look")),
    radios("theme", t("look.appearance"), app.look.theme(), [["contrast", t("look.outdoor")], ["auto", t("look.auto")], ["light", t("look.light")], ["dark", t("look.dark")]], (v) => app.look.setTheme(v)),
    radios("language", t("look.language"), language(), [["fr", "Français"], ["en", "English"]], (v) => app.look.language(v)));
}

function version(app: Application): HTMLElement {
  return h("section", {}, h("h2", {}, t("phone.application")),
    app.install ? button(t("phone.install"), () => app.install?.(), { icon: "download", kind: "primary" }) : h("p", { class: "soft" }, t("phone.install-help")),
    h("p", { class: "soft" }, icon("info"), ` ${t("phone.version", { Version: app.look.version })}`));
}
