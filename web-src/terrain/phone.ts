// The phone: who uses it, what it knows of the server, and when it tries to send.
import type { Proposal } from "../entry/combobox";
import { Api, Cut, Refused } from "./api";
import type { Account } from "./api";
import { note } from "./clock";
import type { Clock } from "./clock";
import { NOBODY, Store, unlessFull } from "./store";
import type { KeptForm } from "./store";
import { addForm, fetchForms, send } from "./sync";
import type { Sending } from "./sync";
import type { Proposes } from "./widget";

export const CHANNEL = "socle-terrain";
const LOCK = "socle-terrain-send";
const least = 60_000; // ms between two fetches that nobody asked for
const again = 15_000; // ms until the network is tried again, when it is cut

export interface Line {
  account: Account | null; // whose part is shown
  signedIn: boolean;
  known: boolean; // the server was asked since the page opened
  cut: boolean; // the last try found no network
  busy: boolean;
  others: number; // entries of other accounts that wait here
  next: number; // when the next try is due; 0: none
}

export interface Environment {
  now: () => number;
  random: () => number;
  language: () => string;
  signedOut: () => number;
}

export class Phone {
  line: Line = { account: null, signedIn: false, known: false, cut: false, busy: false, others: 0, next: 0 };
  clock: Clock | null = null;
  readonly api: Api;
  private readonly channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private fetched = 0;
  private asking: "now" | "soon" | undefined; // a round after the one that runs
  private asked = 0; // when the session was last confirmed

  constructor(
    readonly store: Store,
    private readonly env: Environment,
    private readonly show: () => void,
  ) {
    this.api = new Api("", env.language, (date, asked, came) => {
      const next = note(this.clock, date, asked, came);
      if (next === this.clock) return;
      this.clock = next;
      void unlessFull(store.setMeta("clock", next));
    });
    if (this.channel) this.channel.onmessage = () => this.show();
  }

  // What was known when the application was closed: it opens without network.
  async recall(): Promise<void> {
    const { store } = this;
    const [clock, account, asked] = await Promise.all([store.meta<Clock>("clock"), store.meta<Account | null>("account"), store.meta<number>("account-at")]);
    this.clock = clock ?? null;
    this.line.account = account ?? null;
    this.asked = asked ?? 0;
    if (this.line.account && this.env.signedOut() > this.asked) await this.become(null);
    this.line.others = await this.store.others(this.part());
  }

  part(): string {
    return this.line.account?.id ?? "";
  }

  private async become(account: Account | null): Promise<void> {
    if (account?.id !== this.line.account?.id) this.fetched = 0;
    this.line.account = account;
    await unlessFull(this.store.setMeta("account", account));
    this.line.others = await this.store.others(this.part());
  }

  // Another person takes the phone: nothing of this one is shown until they sign in again.
  // Their session of the portal is to end, at once or when there is network.
  async leave(): Promise<void> {
    await unlessFull(this.store.setMeta("to-end", this.line.account?.session ?? ""));
    this.line.signedIn = false;
    await this.become(null);
    this.told();
  }

  told(): void {
    this.channel?.postMessage("changed");
    this.show();
  }

  sending(): Sending {
    return {
      store: this.store, api: this.api, account: this.line.account, signedIn: this.line.signedIn, clock: () => this.clock,
      now: this.env.now, random: this.env.random, changed: () => this.told(),
    };
  }

  // One round: who is here, send, fetch. force: the person asks for it now. Who asks
  // during a round has another one after it.
  async round(force = false): Promise<void> {
    if (this.line.busy) {
      this.asking = this.asking === "now" || force ? "now" : "soon";
      return;
    }
    clearTimeout(this.timer);
    const run = async (lock: unknown) => {
      if (lock === null) return this.later(2000); // another tab, or the worker, is at it
      await this.work(force);
    };
    if (typeof navigator !== "undefined" && navigator.locks) await navigator.locks.request(LOCK, { ifAvailable: true }, run);
    else await run(undefined);
    const { asking } = this;
    this.asking = undefined;
    if (asking) await this.round(asking === "now");
  }

  private async work(force: boolean): Promise<void> {
    this.line.busy = true;
    this.show();
    let wait = 0;
    try {
      await this.whoIsHere();
      this.line.cut = false;
      const round = await send(this.sending(), force);
      this.line.cut = round.cut;
      wait = round.next;
      if (!round.cut && (force || round.sent > 0 || this.env.now() - this.fetched > least)) {
        await unlessFull(fetchForms(this.sending()));
        this.fetched = this.env.now();
      }
    } catch (e) {
      if (e instanceof Cut) this.line.cut = true;
      else if (!(e instanceof Refused)) throw e;
      wait = wait || again;
    } finally {
      this.line.others = await this.store.others(this.part());
      this.later(wait);
      this.line.busy = false;
      this.told();
    }
  }

  // Who has signed in. The session of who has left this phone is nobody's: it ends first.
  private async present(): Promise<Account | null> {
    let account = await this.api.account();
    const toEnd = await this.store.meta<string | null>("to-end");
    if (typeof toEnd !== "string") return account;
    const left = account?.session;
    if (left && (toEnd === left || toEnd === "")) { // "": left before it was known
      await this.api.signOut();
      account = await this.api.account();
      if (account?.session === left) throw new Cut();
    }
    await unlessFull(this.store.setMeta("to-end", null));
    return account;
  }

  private async whoIsHere(): Promise<void> {
    const account = await this.present();
    this.line.known = true;
    this.line.signedIn = account !== null;
    if (account) {
      this.asked = this.env.now();
      if (account.id !== this.line.account?.id || account.name !== this.line.account.name || account.session !== this.line.account.session) await this.become(account);
      await unlessFull(this.store.setMeta("account-at", this.asked));
    } else if (this.line.account && this.env.signedOut() > this.asked) await this.become(null);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.line.next = ms ? this.env.now() + ms : 0;
    if (ms) this.timer = setTimeout(() => void this.round(), Math.max(1000, ms));
  }

  // Adds a form of a link or a QR code.
  add(id: string, key: string): Promise<KeptForm> {
    return addForm(this.sending(), id, key);
  }

  // What the portal proposes for an answer, for who fills the form in; Cut without network.
  propose(form: KeptForm, kind: Proposes, q: string, signal?: AbortSignal): Promise<Proposal[]> {
    const page = form.key ? `/f/${form.key}` : new URL(form.definition.page ?? "/", location.href).pathname;
    return this.api.proposals(page, kind, q, form.account === NOBODY, signal);
  }

  // Tries again whenever there is reason to hope.
  listen(): void {
    addEventListener("online", () => void this.round());
    addEventListener("offline", () => {
      this.line.cut = true;
      this.show();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.round();
    });
  }
}
