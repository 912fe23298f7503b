// An entry being filled in: kept on the phone at each change.
import { Filling, valueAt, withValue } from "./answers";
import type { Path, State } from "./answers";
import { fieldsOf, rowsOf } from "./definition";
import type { Attached, Entry, Item, Values } from "./definition";
import { digest, shrink } from "./photo";
import { Full } from "./store";
import type { Kept, KeptFile, KeptForm, Store } from "./store";
import { titleOf } from "./sync";

const pause = 250; // ms after the last key

export class Draft {
  state: State;
  saved = true;
  private ended = false; // its changes were given up
  private added: KeptFile[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly store: Store,
    readonly form: KeptForm,
    readonly entry: Kept,
    private readonly now: () => number,
    private readonly onSaved: (trouble: Error | null) => void,
    private readonly fallback: string,
    readonly filling: Filling,
  ) {
    this.state = filling.state(entry.values);
  }

  private static filling(form: KeptForm, at: number): Filling {
    return new Filling(form.definition, { now: at, zone: -new Date(at).getTimezoneOffset(), language: form.definition.language ?? "fr", uuid: () => crypto.randomUUID() });
  }

  // A new entry, which begins with the defaults and what is repeated of the last one.
  static begin(store: Store, form: KeptForm, clock: { now: () => number; corrected: () => number; offset: number | null }, words: string, onSaved: (t: Error | null) => void, last?: Values): Draft {
    const at = clock.now();
    const filling = Draft.filling(form, clock.corrected());
    const entry: Kept = {
      id: crypto.randomUUID(), account: form.account, form: form.id, formTitle: form.definition.title, title: "", state: "draft", change: 0, base: 0, version: form.definition.version,
      values: filling.begin(last), files: [], made: at, offset: clock.offset, made_at: "", updated: at, revisits: "", secret: form.account ? "" : crypto.randomUUID(), tries: 0, next: 0, error: null, server: null, sent: 0,
    };
    return new Draft(store, form, entry, clock.corrected, onSaved, words, filling);
  }

  // An entry of this phone, to go on with or to mend.
  static resume(store: Store, form: KeptForm, entry: Kept, corrected: () => number, words: string, onSaved: (t: Error | null) => void): Draft {
    if (entry.state !== "draft") entry.before = { ...entry };
    return new Draft(store, form, entry, corrected, onSaved, words, Draft.filling(form, corrected()));
  }

  value(path: Path): string {
    return valueAt(this.entry.values, path);
  }

  // Sets an answer, "" for none.
  // What the form fills in by itself is kept with the first thing that a person does.
  set(path: Path, text: string, byItself = false): void {
    this.entry.values = withValue(this.entry.values, path, text);
    if (!byItself || (this.entry.change > 0 && this.entry.state === "draft")) return this.changed();
    this.state = this.filling.state(this.entry.values);
    this.entry.values = this.state.values;
  }

  // Notes how good the position is that is set next; 0: it is not the phone's.
  precise(path: Path, accuracy: number): void {
    const { [path]: _, ...others } = this.entry.accuracies ?? {};
    this.entry.accuracies = accuracy > 0 ? { ...others, [path]: accuracy } : others;
  }

  addRow(path: Path, repeat: Item): void {
    this.set(path, JSON.stringify([...rowsOf(this.value(path)), this.filling.row(repeat, this.entry.values)]));
  }

  removeRow(path: Path, row: number): void {
    for (const p of Object.keys(this.entry.accuracies ?? {})) if (p.startsWith(`${path}[`)) this.precise(p, 0); // rows have other places now
    this.set(path, JSON.stringify(rowsOf(this.value(path)).filter((_, i) => i !== row)));
    this.dropUnused();
  }

  // Takes over the answers of an entry that is seen again; photos and moments are new.
  revisit(e: Entry): void {
    this.entry.revisits = e.id;
    for (const f of fieldsOf(this.form.definition.items)) {
      const name = f.name ?? "";
      if (["photo", "file", "date", "datetime", "time", "calculated", "hidden"].includes(f.control ?? "") || name === this.form.definition.place) continue;
      if (!this.entry.values[name] && e.values[name] && f.kind === "field") this.entry.values[name] = e.values[name];
    }
    this.changed();
  }

  // With its first change, what was finished is a draft: no round sends it half changed,
  // and nothing says that it is sent.
  private changed(): void {
    const first = this.entry.state !== "draft";
    this.entry.state = "draft";
    this.state = this.filling.state(this.entry.values);
    this.entry.values = this.state.values;
    this.entry.change++;
    this.saved = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), first ? 0 : pause);
  }

  // Gives the changes up: the entry is again what it was.
  async abandon(): Promise<void> {
    clearTimeout(this.timer);
    this.ended = this.saved = true;
    await this.writing;
    await this.store.abandon(this.entry.id);
  }

  // Puts a file in place of the one of a question; null takes it away. Nothing
  // changes when the phone has no room for it.
  async attach(path: Path, file: File | null, photo: boolean): Promise<Attached | null> {
    const name = path.split("[")[0]; // of the question, or of the repeat that holds it
    const old = this.value(path);
    const before = { files: this.entry.files, added: this.added };
    this.entry.files = this.entry.files.filter((f) => f.name !== old);
    if (!file) {
      this.set(path, "");
      await this.save();
      return null;
    }
    const blob = await this.apart(photo ? await shrink(file) : file, photo);
    const sha256 = await digest(blob);
    const ending = blob !== file ? ".jpg" : (/\.[A-Za-z0-9]{1,8}$/.exec(file.name)?.[0].toLowerCase() ?? "");
    const attached: Attached = { field: name, name: `${name}-${sha256.slice(0, 10)}${ending}`, type: blob.type || "application/octet-stream", size: blob.size, sha256 };
    this.entry.files = [...this.entry.files, attached];
    this.added = [...this.added, { entry: this.entry.id, sha256, blob }];
    this.set(path, attached.name);
    if (await this.save()) return attached;
    this.entry.files = before.files;
    this.added = before.added;
    this.set(path, old);
    await this.save();
    return null;
  }

  // The same photo twice in one entry: a byte behind the end of the picture parts them,
  // since files are known by their content.
  private async apart(blob: Blob, photo: boolean): Promise<Blob> {
    const taken = new Set(this.entry.files.map((f) => f.sha256));
    for (let n = 0; photo && n < 50 && taken.has(await digest(blob)); n++) blob = new Blob([blob, new Uint8Array([n])], { type: blob.type });
    return blob;
  }

  attached(path: Path): Attached | undefined {
    const value = this.value(path);
    return value ? this.entry.files.find((f) => f.name === value) : undefined;
  }

  async blob(f: Attached): Promise<Blob | undefined> {
    return this.added.find((a) => a.sha256 === f.sha256)?.blob ?? (await this.store.file(this.entry.id, f.sha256))?.blob;
  }

  private dropUnused(): void {
    const all = JSON.stringify(this.entry.values);
    this.entry.files = this.entry.files.filter((f) => all.includes(f.name));
  }

  // Writes what there is; false when the phone has no room, which is told.
  save(): Promise<boolean> {
    clearTimeout(this.timer);
    const next = this.writing.then(() => this.write());
    this.writing = next.then(() => undefined);
    return next;
  }

  private async write(): Promise<boolean> {
    if (this.ended) return true;
    this.entry.updated = this.now();
    this.entry.title = titleOf(this.form, this.entry.values, this.fallback);
    const copy = structuredClone({ ...this.entry });
    try {
      try {
        await this.store.keep(copy, this.added);
      } catch (e) {
        if (!(e instanceof Full)) throw e;
        await this.store.makeRoom();
        await this.store.keep(copy, this.added);
      }
    } catch (e) {
      if (!(e instanceof Full)) throw e;
      this.onSaved(e);
      return false;
    }
    this.added = this.added.filter((a) => !copy.files.some((f) => f.sha256 === a.sha256));
    if (copy.change === this.entry.change) this.saved = true;
    this.onSaved(null);
    return true;
  }

  // Finishes: from now on the entry waits to be sent. False when there is no room.
  async finish(): Promise<boolean> {
    const before = { state: this.entry.state, values: this.entry.values };
    this.entry.values = this.filling.answers(this.entry.values);
    const all = JSON.stringify(this.entry.values);
    this.entry.files = this.entry.files.filter((f) => all.includes(f.name));
    this.entry.state = "waiting";
    this.entry.error = null;
    this.entry.next = 0;
    this.entry.tries = 0;
    this.entry.change++;
    this.entry.version = this.form.definition.version;
    if (await this.save()) return true;
    Object.assign(this.entry, before);
    return false;
  }
}
