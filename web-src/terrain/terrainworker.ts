// The worker of the field application: its own files, kept under their version, and
// sending in the background. What people entered is not here but in the database of
// store.ts, which an update of this file does not touch.
import { Phone } from "./phone";
import { Store } from "./store";

// The server writes what this version consists of before this script.
interface Shell {
  version: string;
  page: string; // the address of the application
  files: string[]; // all that it loads
}

// What is used of the worker's own interface (the DOM library of the pages does not have it).
interface Scope {
  readonly terrain: Shell;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate" | "sync", on: (e: Waiting & { tag?: string }) => void): void;
  addEventListener(type: "message", on: (e: MessageEvent) => void): void;
  addEventListener(type: "fetch", on: (e: Fetching) => void): void;
}
interface Waiting {
  waitUntil(p: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  readonly request: Request;
  respondWith(r: Promise<Response>): void;
}

const scope = self as unknown as Scope;
const shell = scope.terrain;
const prefix = "socle-terrain-";
const cacheName = prefix + shell.version;
const files = new Set(shell.files);

scope.addEventListener("install", (e) => e.waitUntil(install()));
scope.addEventListener("activate", (e) => e.waitUntil(activate()));
scope.addEventListener("message", (e) => void (e.data === "use" && scope.skipWaiting()));
scope.addEventListener("sync", (e) => {
  if (e.tag === "send") e.waitUntil(sendAll());
});

// All of it or nothing: a version that is not whole is not used.
async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([shell.page, ...shell.files].map((f) => new Request(f, { cache: "no-cache", credentials: "omit" })));
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(prefix) && name !== cacheName) await caches.delete(name);
  await scope.clients.claim();
}

scope.addEventListener("fetch", (e) => {
  const { request } = e;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname === shell.page) return e.respondWith(kept(shell.page, request));
  if (files.has(address.pathname)) e.respondWith(kept(address.pathname, request));
});

let opened: Promise<Cache> | undefined;

async function kept(name: string, request: Request): Promise<Response> {
  return (await (await (opened ??= caches.open(cacheName))).match(name)) ?? fetch(request);
}

async function sendAll(): Promise<void> {
  const store = await Store.open();
  try {
    const phone = new Phone(store, { now: Date.now, random: Math.random, language: () => "fr", signedOut: () => 0 }, () => undefined);
    await phone.recall();
    await phone.round(true);
    if (phone.line.cut) throw new Error("no network"); // the browser tries again later
  } finally {
    store.close();
  }
}
