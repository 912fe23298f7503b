// Where the field application begins: storage, words, the worker that makes it open
// without network, then the page.
import { THEME_KEY } from "../themekey";
import { trusted } from "../trusted";
import { Application } from "./application";
import { readCommunes } from "./communes";
import type { CommuneLine } from "./communes";
import { h, notice } from "./dom";
import { Cut, Refused } from "./api";
import { SIGNED_OUT } from "../signout";
import { outlines } from "./outline";
import { Phone } from "./phone";
import { Full, Store } from "./store";
import { speak, t } from "./words";
import type { Lang } from "./words";

const LANGUAGE = "socle-terrain-language";

function remembered(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function language(): Lang {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked === "fr" || asked === "en") remember(LANGUAGE, asked);
  const known = remembered(LANGUAGE);
  return known === "en" || known === "fr" ? known : navigator.language.startsWith("fr") ? "fr" : navigator.language.startsWith("en") ? "en" : "fr";
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is forbidden: it holds for this visit
  }
}

function setTheme(theme: string): void {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
    try {
      localStorage.removeItem(THEME_KEY);
    } catch {
      // as above
    }
  } else {
    document.documentElement.dataset.theme = theme;
    remember(THEME_KEY, theme);
  }
}

interface Worker {
  waiting: () => boolean;
  use: () => void;
}

// The worker keeps the application itself; a newer one waits until the person wants
// it or the last page is closed.
async function worker(changed: () => void): Promise<Worker> {
  let registration: ServiceWorkerRegistration | null = null;
  const hadOne = !!navigator.serviceWorker?.controller;
  try {
    registration = (await navigator.serviceWorker?.register("/terrain/worker.js", { scope: "/terrain", updateViaCache: "none" })) ?? null;
  } catch (e) {
    console.error(e);
  }
  if (!registration) return { waiting: () => false, use: () => undefined };
  const r = registration;
  r.addEventListener("updatefound", () => r.installing?.addEventListener("statechange", changed));
  let reloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne || reloading) return;
    reloading = true;
    location.reload();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && navigator.onLine) r.update().catch(() => undefined);
  });
  return { waiting: () => !!r.waiting && hadOne, use: () => r.waiting?.postMessage("use") };
}

// Asks the worker to send when the network is back even if this page is closed by then.
async function inBackground(): Promise<void> {
  try {
    const r = (await navigator.serviceWorker?.ready) as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };
    await r?.sync?.register("send");
  } catch {
    // not allowed, or not known here: sending goes on when the application is open
  }
}

interface Territory {
  communes: CommuneLine[];
  contours?: Record<string, number[][]>; // by code: outline.ts
}

type Tagged = { value: Territory; tag: string };

const territory = (app: Application, x: Territory) => app.territory(readCommunes(x.communes), outlines(x.contours));

// The communes of the territory and their contours, as this phone keeps them.
async function known(app: Application): Promise<void> {
  const kept = await app.store.meta<Tagged>("territory");
  if (kept) territory(app, kept.value);
}

// They are asked for again, in case that they have changed.
async function communes(app: Application): Promise<void> {
  const kept = await app.store.meta<Tagged>("territory");
  try {
    const next = await app.phone.api.list<Territory>("/terrain/territory.json", kept?.tag ?? "");
    if (!next) return;
    territory(app, next.value);
    await app.store.setMeta("territory", next);
  } catch (e) {
    if (!(e instanceof Cut || e instanceof Refused || e instanceof Full)) throw e;
  }
}

async function start(): Promise<void> {
  const root = document.getElementById("terrain") as HTMLElement;
  const lang = language();
  document.documentElement.lang = lang;
  speak(JSON.parse(document.getElementById("terrain-words")?.textContent ?? "{}"), lang);
  let store: Store;
  try {
    store = await Store.open("socle-terrain", () => root.replaceChildren(h("h1", {}, t("name")), notice("look-here", t("old.title"), h("p", {}, t("old.text")))));
  } catch (e) {
    console.error(e);
    root.replaceChildren(h("h1", {}, t("name")), notice("wrong", t(e instanceof Full ? "full.title" : "no-storage.title"), h("p", {}, t(e instanceof Full ? "full.text" : "no-storage.text"))));
    return;
  }
  let app: Application | null = null;
  const phone = new Phone(store, { now: Date.now, random: Math.random, language: () => document.documentElement.lang, signedOut: () => Number(remembered(SIGNED_OUT)) || 0 }, () => app?.changed());
  await phone.recall();
  let updates: Worker = { waiting: () => false, use: () => undefined };
  app = new Application(root, phone, { waiting: () => updates.waiting(), use: () => updates.use() }, {
    language: (l) => {
      remember(LANGUAGE, l);
      location.replace("/terrain");
      location.reload();
    },
    theme: () => document.documentElement.dataset.theme ?? "auto",
    setTheme,
    version: root.dataset.version ?? "",
  });
  const running = app;
  addEventListener("beforeinstallprompt", (e) => {
    e.preventDefault();
    running.install = () => void (e as Event & { prompt(): Promise<void> }).prompt();
  });
  const added = /^#add\/([A-Za-z0-9_-]{1,64})(?:\/([A-Za-z0-9_-]{1,128}))?$/.exec(location.hash);
  if (added) history.replaceState(null, "", "/terrain"); // the key does not stay in the address
  await app.route();
  await known(app);
  phone.listen();
  navigator.storage?.persist?.().catch(() => undefined);
  updates = await worker(() => running.changed());
  running.changed();
  await phone.round();
  if (added) await add(running, added[1], added[2] ?? "");
  await communes(running);
  running.changed();
  addEventListener("online", () => void communes(running));
  addEventListener("offline", () => void inBackground());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void inBackground();
  });
  root.dataset.settled = "";
}

// A link or a QR code led here: its form comes to this phone and opens.
async function add(app: Application, id: string, key: string): Promise<void> {
  try {
    const f = await app.phone.add(id, key);
    app.go(`form/${f.id}`);
  } catch (e) {
    if (!(e instanceof Cut || e instanceof Refused)) throw e;
    app.say(notice("wrong", e instanceof Refused ? e.refusal.message || t("add.refused") : t("add.offline")));
    app.go("");
  }
}

trusted();
void start();
