// What the phone keeps: one IndexedDB database, parted by account. An entry stays
// here, whole, until the server has confirmed it; files and the entry that names
// them are written in one transaction.
import type { Attached, Definition, Entry, Values } from "./definition";

export const NOBODY = ""; // the part of forms that are filled in without an account

// The phone has no room for what was to be kept. What was there before still is.
export class Full extends Error {}

// For what can be had again: a phone without room does without.
export async function unlessFull(writing: Promise<unknown>): Promise<void> {
  try {
    await writing;
  } catch (e) {
    if (!(e instanceof Full)) throw e;
  }
}

export type State =
  | "draft" // being filled in
  | "waiting" // finished, on this phone only
  | "sent" // confirmed by the server, files included
  | "refused" // the server says no, and why
  | "conflict"; // changed on the server meanwhile

export interface Refusal {
  status: number;
  code?: string; // its key; what was kept before has none
  message: string;
  hint: string;
  fields: { name: string; message: string }[];
}

export interface Kept {
  id: string; // UUID made here: sending twice is one entry
  account: string;
  form: string;
  formTitle: string;
  title: string;
  state: State;
  change: number; // counts local changes, so that an answer that comes late confirms what it was for
  base: number; // revision of the server that this is based on; 0: it has none
  version: number; // of the definition that it was filled in with
  values: Values;
  accuracies?: Record<string, number>; // metres, of the positions that the phone found, by the paths of their questions
  files: Attached[];
  made: number; // ms of this phone's clock
  offset: number | null; // of the server's clock then, when it was known
  made_at: string; // corrected; fixed at the first sending
  updated: number;
  revisits: string;
  secret: string; // of an entry without an account
  tries: number;
  next: number; // not before, ms
  error: Refusal | null;
  server: Entry | null; // as it was confirmed last, or as it is in conflict
  sent: number; // when it was confirmed, ms
  mine?: number; // the last revision of the server that a sending of this phone made
  tried?: Values[]; // what was sent and is not confirmed: its answer may have been lost
  before?: Kept | null; // of a draft that changes a finished entry: what that was
}

export interface KeptFile {
  entry: string;
  sha256: string;
  blob: Blob;
}

export interface KeptForm {
  account: string;
  id: string;
  key: string; // of forms opened by a link
  tag: string; // ETag of the definition
  definition: Definition;
  fetched: number;
  cursor: string; // up to where its entries were read
  gone: boolean; // no longer offered: kept for what is unsent
  used: number; // when an entry was begun last
}

export interface Seen {
  account: string;
  form: string;
  id: string;
  entry: Entry;
}

// How the database came to be, a step each: a step is never changed once it is
// released, so that an update finds everything that was kept before it.
export type Step = (db: IDBDatabase, tx: IDBTransaction) => void;

export const steps: Step[] = [
  (db) => {
    db.createObjectStore("meta");
    db.createObjectStore("forms", { keyPath: ["account", "id"] });
    const entries = db.createObjectStore("entries", { keyPath: "id" });
    entries.createIndex("account", "account");
    db.createObjectStore("files", { keyPath: ["entry", "sha256"] });
    const seen = db.createObjectStore("seen", { keyPath: ["account", "form", "id"] });
    seen.createIndex("form", ["account", "form"]);
  },
];

const stores = ["meta", "forms", "entries", "files", "seen"];

function done(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(failure(tx.error));
    tx.onerror = () => reject(failure(tx.error));
  });
}

function failure(e: DOMException | null): Error {
  return e?.name === "QuotaExceededError" ? new Full(e.message) : (e ?? new Error("the database gave up"));
}

function got<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

// What rounds alone learn of an entry: who keeps another state of it knows it no better.
function learned(entry: Kept, now: Kept): void {
  entry.made_at = now.made_at;
  entry.mine = now.mine;
  entry.tried = now.tried;
  entry.server = now.server;
  entry.base = Math.max(entry.base, now.mine ?? 0);
}

// Lets go of the files of an entry but those that are wanted.
async function onlyFiles(store: IDBObjectStore, entry: string, wanted: ReadonlySet<string>): Promise<void> {
  const kept = await got(store.getAllKeys(IDBKeyRange.bound([entry], [entry, []])));
  for (const key of kept as [string, string][]) if (!wanted.has(key[1])) store.delete(key);
}

export class Store {
  private constructor(private readonly db: IDBDatabase) {}

  // Opens the database, making it what this version of the application needs.
  // onOld is called when a newer version waits for this page to let go.
  static open(name = "socle-terrain", onOld?: () => void, list: Step[] = steps): Promise<Store> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, list.length);
      request.onupgradeneeded = (e) => {
        for (let i = e.oldVersion; i < list.length; i++) list[i](request.result, request.transaction as IDBTransaction);
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => {
          request.result.close();
          onOld?.();
        };
        resolve(new Store(request.result));
      };
      request.onerror = () => reject(failure(request.error));
    });
  }

  close(): void {
    this.db.close();
  }

  private async read<T>(names: string[], of: (tx: IDBTransaction) => Promise<T>): Promise<T> {
    return of(this.db.transaction(names, "readonly"));
  }

  // One transaction; it has reached the disk when the promise is kept.
  private async write<T>(names: string[], of: (tx: IDBTransaction) => Promise<T>): Promise<T> {
    const tx = this.db.transaction(names, "readwrite", { durability: "strict" });
    const end = done(tx);
    let out: T;
    try {
      out = await of(tx);
    } catch (e) {
      try {
        tx.abort();
      } catch {
        // it has ended by itself
      }
      await end.catch(() => undefined);
      throw e instanceof DOMException ? failure(e) : e;
    }
    await end;
    return out;
  }

  meta<T>(key: string): Promise<T | undefined> {
    return this.read(["meta"], (tx) => got(tx.objectStore("meta").get(key) as IDBRequest<T | undefined>));
  }

  setMeta(key: string, value: unknown): Promise<void> {
    return this.write(["meta"], async (tx) => void tx.objectStore("meta").put(value, key));
  }

  // forms

  form(account: string, id: string): Promise<KeptForm | undefined> {
    return this.read(["forms"], (tx) => got(tx.objectStore("forms").get([account, id]) as IDBRequest<KeptForm | undefined>));
  }

  async forms(account: string): Promise<KeptForm[]> {
    const list = await this.read(["forms"], (tx) => got(tx.objectStore("forms").getAll(IDBKeyRange.bound([account], [account, []])) as IDBRequest<KeptForm[]>));
    return list.sort((a, b) => b.used - a.used || a.definition.title.localeCompare(b.definition.title));
  }

  putForm(form: KeptForm): Promise<void> {
    return this.write(["forms"], async (tx) => void tx.objectStore("forms").put(form));
  }

  changeForm(account: string, id: string, change: (f: KeptForm) => void): Promise<void> {
    return this.write(["forms"], async (tx) => {
      const store = tx.objectStore("forms");
      const form = await got(store.get([account, id]) as IDBRequest<KeptForm | undefined>);
      if (!form) return;
      change(form);
      store.put(form);
    });
  }

  // Takes a form away with what was seen of it.
  removeForm(account: string, id: string): Promise<void> {
    return this.write(["forms", "seen"], async (tx) => {
      tx.objectStore("forms").delete([account, id]);
      tx.objectStore("seen").delete(IDBKeyRange.bound([account, id], [account, id, []]));
    });
  }

  // entries of this phone

  entry(id: string): Promise<Kept | undefined> {
    return this.read(["entries"], (tx) => got(tx.objectStore("entries").get(id) as IDBRequest<Kept | undefined>));
  }

  async entries(account: string): Promise<Kept[]> {
    const list = await this.read(["entries"], (tx) => got(tx.objectStore("entries").index("account").getAll(account) as IDBRequest<Kept[]>));
    return list.sort((a, b) => b.made - a.made);
  }

  // How many entries of other accounts wait here: their number, nothing of them.
  others(account: string): Promise<number> {
    return this.read(["entries"], async (tx) => {
      const all = await got(tx.objectStore("entries").getAll() as IDBRequest<Kept[]>);
      return all.filter((e) => e.account !== account && e.account !== NOBODY && e.state !== "sent").length;
    });
  }

  // Keeps a new entry, or one that was changed here, with files that are new. What a
  // round has learned meanwhile stays, and so does what a draft changes, until it is
  // finished.
  keep(entry: Kept, files: KeptFile[] = []): Promise<void> {
    return this.write(["entries", "files"], async (tx) => {
      const entries = tx.objectStore("entries");
      const now = await got(entries.get(entry.id) as IDBRequest<Kept | undefined>);
      if (now) learned(entry, now);
      entry.before = entry.state !== "draft" ? null : now?.state === "draft" ? now.before : (now ?? entry.before);
      const store = tx.objectStore("files");
      const wanted = new Set([...entry.files, ...(entry.before?.files ?? [])].map((f) => f.sha256));
      for (const f of files) if (wanted.has(f.sha256)) store.put(f);
      entries.put(entry);
      await onlyFiles(store, entry.id, wanted);
    });
  }

  // Brings back what an entry was before the changes of a draft.
  abandon(id: string): Promise<void> {
    return this.write(["entries", "files"], async (tx) => {
      const entries = tx.objectStore("entries");
      const now = await got(entries.get(id) as IDBRequest<Kept | undefined>);
      if (!now?.before) return;
      const before = { ...now.before, change: now.change + 1 };
      learned(before, now);
      entries.put(before);
      await onlyFiles(tx.objectStore("files"), id, new Set(before.files.map((f) => f.sha256)));
    });
  }

  // Changes an entry in one transaction; change returns false to leave it.
  change(id: string, change: (e: Kept) => boolean | void, dropFiles = false): Promise<Kept | undefined> {
    return this.write(["entries", "files"], async (tx) => {
      const store = tx.objectStore("entries");
      const entry = await got(store.get(id) as IDBRequest<Kept | undefined>);
      if (!entry || change(entry) === false) return undefined;
      store.put(entry);
      if (dropFiles) tx.objectStore("files").delete(IDBKeyRange.bound([id], [id, []]));
      return entry;
    });
  }

  remove(id: string): Promise<void> {
    return this.write(["entries", "files"], async (tx) => {
      tx.objectStore("entries").delete(id);
      tx.objectStore("files").delete(IDBKeyRange.bound([id], [id, []]));
    });
  }

  file(entry: string, sha256: string): Promise<KeptFile | undefined> {
    return this.read(["files"], (tx) => got(tx.objectStore("files").get([entry, sha256]) as IDBRequest<KeptFile | undefined>));
  }

  // what the server has

  seen(account: string, form: string): Promise<Entry[]> {
    return this.read(["seen"], async (tx) => (await got(tx.objectStore("seen").index("form").getAll([account, form]) as IDBRequest<Seen[]>)).map((s) => s.entry));
  }

  // Notes what changed on the server and up to where it was read, together.
  learn(account: string, form: string, entries: Entry[], cursor: string, most: number): Promise<void> {
    return this.write(["seen", "forms"], async (tx) => {
      const seen = tx.objectStore("seen");
      for (const e of entries) {
        if (e.state === "removed") seen.delete([account, form, e.id]);
        else seen.put({ account, form, id: e.id, entry: e } satisfies Seen);
      }
      const forms = tx.objectStore("forms");
      const f = await got(forms.get([account, form]) as IDBRequest<KeptForm | undefined>);
      if (f) {
        f.cursor = cursor;
        forms.put(f);
      }
      const all = await got(seen.index("form").getAll([account, form]) as IDBRequest<Seen[]>);
      const excess = all.length - most;
      if (excess <= 0) return;
      all.sort((a, b) => (a.entry.changed_at ?? "").localeCompare(b.entry.changed_at ?? ""));
      for (const s of all.slice(0, excess)) seen.delete([s.account, s.form, s.id]);
    });
  }

  // Makes room: what can be had again from the server, and entries that it has confirmed.
  makeRoom(): Promise<void> {
    return this.write(stores, async (tx) => {
      tx.objectStore("seen").clear();
      const forms = tx.objectStore("forms");
      for (const f of await got(forms.getAll() as IDBRequest<KeptForm[]>)) forms.put({ ...f, cursor: "" });
      const entries = tx.objectStore("entries");
      for (const e of await got(entries.getAll() as IDBRequest<Kept[]>)) {
        if (e.state !== "sent") continue;
        entries.delete(e.id);
        tx.objectStore("files").delete(IDBKeyRange.bound([e.id], [e.id, []]));
      }
    });
  }

  // Forgets confirmed entries beyond a number, the oldest first.
  async tidy(account: string, most: number): Promise<void> {
    const sent = (await this.entries(account)).filter((e) => e.state === "sent");
    for (const e of sent.slice(most)) await this.remove(e.id);
  }
}
