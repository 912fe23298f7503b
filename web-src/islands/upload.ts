import { size } from "../bytes";
import type { Island } from "../island";
import { Memory } from "../remembered";
import { create, Cut, Refused, remove, send, state, Stopped } from "../tus";

// Sends the file of the form around it in pieces that survive cuts and reloads,
// then submits the form with the address of the upload in place of the file. The
// words are data-word-… of the element; without this the form sends the file.
const upload: Island = (element) => {
  const form = element.closest("form");
  const input = form?.querySelector<HTMLInputElement>("input[type=file][name=file]");
  const button = form?.querySelector<HTMLButtonElement>("button[type=submit]");
  if (!form || !input || !button) return;
  new Sending(element, form, input, button).listen();
};
export default upload;

// How many bytes are sent in one request: what the server acknowledges at a time.
const piece = 8 << 20;

// So many answers in a row that say "later", and the person is told.
const patience = 8;

class Unreadable extends Error {}

class Sending {
  private readonly memory: Memory;
  private readonly lang = document.documentElement.lang;
  private stop?: AbortController; // while something is sent
  private said = { at: 0, percent: 0 };

  constructor(
    private readonly element: HTMLElement,
    private readonly form: HTMLFormElement,
    private readonly input: HTMLInputElement,
    private readonly button: HTMLButtonElement,
  ) {
    this.memory = new Memory(element.dataset.owner ?? "");
  }

  listen(): void {
    this.form.addEventListener("submit", (e) => {
      const file = this.input.files?.[0];
      if (!file && !this.stop) return; // the server says that there is none
      e.preventDefault();
      if (file && !this.stop) void this.run(file);
    });
    this.part("cancel").addEventListener("click", () => this.stop?.abort());
    // A file dropped beside would make the browser leave the page.
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (e) => this.stop && e.preventDefault());
    // Back on the page whose form was handed in: begin anew.
    window.addEventListener("pageshow", (e) => e.persisted && !this.input.name && location.reload());
    void this.showUnfinished();
  }

  private async run(file: File): Promise<void> {
    const organisation = String(new FormData(this.form).get("organisation") ?? "");
    const key = Memory.key(file, organisation);
    this.stop = new AbortController();
    this.busy(true);
    this.part("failure").hidden = true;
    this.part("label").textContent = this.word("sending", { name: file.name });
    this.status("");
    this.progress(0, file.size);
    this.say("sending", { name: file.name });
    try {
      const address = await this.transfer(file, organisation, key);
      this.memory.put(key, { address, name: file.name, size: file.size, at: Date.now(), handed: true });
      this.status(this.word("received"));
      this.say("received");
      this.hand(address);
    } catch (e) {
      this.stop = undefined;
      this.busy(false);
      if (e instanceof Stopped) this.cancelled(key);
      else this.fail(e);
    }
  }

  // Brings all bytes to the server, however often the network is cut.
  private async transfer(file: File, organisation: string, key: string): Promise<string> {
    const signal = this.stop!.signal;
    let address = this.memory.get(key)?.address ?? "";
    let known = false; // whether offset is what the server has
    let again = address !== ""; // what was remembered may be gone: once, that is no failure
    let offset = 0;
    for (let failures = 0; ; ) {
      try {
        if (!address) {
          address = await create(this.element.dataset.uploads ?? "", file, organisation, signal);
          this.memory.put(key, { address, name: file.name, size: file.size, at: Date.now() });
          known = true;
          offset = 0;
        }
        if (!known) {
          const at = await state(address, signal);
          if (at.of !== file.size) throw new Refused(404, "", "", 0);
          [offset, known] = [at.safe, true];
          this.resumed(offset);
        }
        this.progress(offset, file.size);
        while (offset < file.size) {
          const from = offset;
          offset = await send(address, file, from, Math.min(from + piece, file.size), (sent) => this.progress(from + sent, file.size), signal);
          failures = 0;
          this.status("");
          this.progress(offset, file.size);
        }
        return address;
      } catch (e) {
        if (e instanceof Refused && [404, 410].includes(e.status) && again) {
          this.memory.drop(key);
          [address, again] = ["", false];
          continue;
        }
        if (!(e instanceof Cut || (e instanceof Refused && e.passing))) throw e;
        if (e instanceof Cut && !(await readable(file))) throw new Unreadable();
        known = false;
        failures++;
        if (e instanceof Refused && failures > patience) throw e;
        if (e instanceof Refused && e.status === 409 && failures === 1) continue; // another tab, or an answer that was lost
        const word = e instanceof Cut ? "cut" : "busy";
        this.status(this.word(word), true);
        if (failures === 1) this.say(word);
        await pause(Math.max(e instanceof Refused ? e.after : 0, Math.min(30, 2 ** (failures - 1))), signal);
      }
    }
  }

  // Submits the form with the upload in place of the file.
  private hand(address: string): void {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", "upload", address.slice(address.lastIndexOf("/") + 1)];
    this.form.append(field);
    this.input.removeAttribute("name");
    this.part("cancel").hidden = true;
    this.form.submit();
  }

  private cancelled(key: string): void {
    const kept = this.memory.get(key);
    this.memory.drop(key);
    this.input.focus();
    this.say("cancelled");
    // What the server is not told to forget, it forgets by itself.
    if (kept) remove(kept.address).catch(() => undefined);
  }

  private fail(e: unknown): void {
    let [message, hint] = [this.word("failed"), this.word("failed-hint")];
    if (e instanceof Unreadable) [message, hint] = [this.word("unreadable"), this.word("unreadable-hint")];
    else if (e instanceof Refused && e.status === 401) [message, hint] = [this.word("sign-in"), this.word("sign-in-hint")];
    else if (e instanceof Refused && e.message) [message, hint] = [e.message, e.hint];
    const failure = this.part("failure");
    this.part("failure-message").textContent = message;
    this.part("failure-hint").textContent = hint;
    failure.hidden = false;
    failure.scrollIntoView({ block: "nearest" });
  }

  // Says which upload of this person waits for its file to be chosen again.
  private async showUnfinished(): Promise<void> {
    const waiting = Object.entries(this.memory.all()).filter(([, r]) => !r.handed);
    const latest = waiting.sort(([, a], [, b]) => b.at - a.at)[0];
    if (!latest) return;
    const [key, kept] = latest;
    try {
      const { safe, of } = await state(kept.address);
      if (this.stop || safe === 0) return;
      const place = this.part("unfinished");
      place.textContent = this.word("unfinished", { name: kept.name, sent: size(safe, this.lang), total: size(of, this.lang) });
      place.hidden = false;
    } catch (e) {
      if (e instanceof Refused && [404, 410].includes(e.status)) this.memory.drop(key);
    }
  }

  // While something is sent, the fields rest and the focus stays where it is.
  private busy(on: boolean): void {
    const fields = this.form.querySelectorAll<HTMLElement>(".field");
    if (on && Array.from(fields).some((f) => f.contains(document.activeElement))) this.button.focus();
    fields.forEach((f) => (f.inert = on));
    if (on) this.button.setAttribute("aria-disabled", "true");
    else this.button.removeAttribute("aria-disabled");
    this.part("sending").hidden = !on;
    if (on) this.part("unfinished").hidden = true;
  }

  private progress(sent: number, total: number): void {
    const bar = this.element.querySelector("progress")!;
    sent = Math.min(sent, total); // what leaves the browser has a few bytes more
    bar.max = Math.max(total, 1);
    bar.value = total ? sent : 1;
    this.part("detail").textContent = this.word("of", { sent: size(sent, this.lang), total: size(total, this.lang) });
    const percent = Math.floor((100 * sent) / Math.max(total, 1));
    const now = Date.now();
    if (percent >= this.said.percent + 10 && now > this.said.at + 5000) {
      this.said = { at: now, percent };
      this.announce(this.word("percent", { percent: new Intl.NumberFormat(this.lang, { style: "percent" }).format(percent / 100) }));
    }
  }

  private resumed(offset: number): void {
    if (offset === 0) return this.status("");
    const words = this.word("resumed", { sent: size(offset, this.lang) });
    this.status(words);
    this.announce(words);
    this.said = { at: Date.now(), percent: 0 };
  }

  private status(words: string, trouble = false): void {
    const place = this.part("state");
    place.textContent = words || this.word("leave");
    place.classList.toggle("upload-trouble", trouble);
  }

  private say(word: string, values?: Record<string, string>): void {
    this.said = { at: Date.now(), percent: 0 };
    this.announce(this.word(word, values));
  }

  // The region is polite: it waits until the reader is silent.
  private announce(words: string): void {
    this.part("said").textContent = words;
  }

  private word(name: string, values: Record<string, string> = {}): string {
    const text = this.element.getAttribute(`data-word-${name}`) ?? "";
    return text.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  }

  private part(name: string): HTMLElement {
    const found =
      name === "label" ? this.element.querySelector<HTMLElement>(".progress-label label")
      : name === "detail" ? this.element.querySelector<HTMLElement>(".progress-label .number")
      : this.element.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (!found) throw new Error(`upload: the page has no ${name}`);
    return found;
  }
}

// Whether the file is still there as it was chosen: browsers then refuse to read it.
async function readable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// Waits some seconds, or until the network comes back.
function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (then: () => void) => {
      clearTimeout(timer);
      window.removeEventListener("online", back);
      signal.removeEventListener("abort", stop);
      then();
    };
    const back = () => end(resolve);
    const stop = () => end(() => reject(new Stopped()));
    const timer = setTimeout(back, seconds * 1000);
    window.addEventListener("online", back);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
}
