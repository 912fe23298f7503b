// The position of a question: the phone's, shown with its accuracy while it gets better,
// set on a map that needs no network, or written.
import { place } from "../expression";
import { writePoint } from "./definition";
import type { Item } from "./definition";
import { button, h, icon } from "./dom";
import { PickMap } from "./pickmap";
import { allowed, follow } from "./position";
import type { Fix, Trouble } from "./position";
import { decimal } from "./widget";
import type { Surface } from "./widget";
import { number, t } from "./words";

const goodEnough = 5; // metres: nothing better is waited for

export class PointField {
  readonly element: HTMLElement;
  private value: string;
  private end: (() => void) | null = null; // of the search
  private best: Fix | null = null; // of the search
  private byItself = false; // the search began with the form, by no act of the person
  private onMap = false; // set on the map since the form was opened
  private readonly said = h("p", { class: "terrain-position", role: "status" });
  private readonly acts = h("div", { class: "terrain-acts" });
  private readonly lon: HTMLInputElement;
  private readonly lat: HTMLInputElement;
  private readonly map: PickMap | null;

  constructor(
    private readonly it: Item,
    private readonly s: Surface,
  ) {
    this.value = s.value;
    const typed = { class: "input", inputmode: "decimal", autocomplete: "off", oninput: () => this.typed() };
    this.lon = h("input", { ...typed, id: `${s.id}-lon` });
    this.lat = h("input", { ...typed, id: `${s.id}-lat` });
    this.map = it.read_only ? null : new PickMap(s, (lon, lat) => this.put(lon, lat));
    const hand = h("details", { class: "terrain-hand" }, h("summary", {}, t("position.by-hand")), h("div", { class: "fields" },
      h("div", { class: "field" }, h("label", { for: this.lat.id }, t("position.latitude")), this.lat), h("div", { class: "field" }, h("label", { for: this.lon.id }, t("position.longitude")), this.lon)));
    this.element = h("div", { class: "terrain-group", id: s.id, tabindex: -1 }, this.said, this.acts, this.map?.element, it.read_only ? null : hand);
    s.stop(() => this.end?.());
    this.fill();
    this.draw();
    this.begin();
  }

  refresh(v: string): void {
    if (v === this.value) return;
    this.value = v;
    this.fill();
    this.draw();
  }

  // Where there is no position yet, the phone looks for its own when it may.
  private begin(): void {
    const at = place(this.value);
    if (at) queueMicrotask(() => this.s.placed({ lon: at[0], lat: at[1], accuracy: this.s.accuracy(), at: Date.now() }));
    if (this.value || this.it.read_only) return;
    void allowed().then((yes) => {
      if (!yes || this.value || this.end) return;
      this.byItself = true;
      this.find();
    });
  }

  private set(f: Fix | null): void {
    this.value = f ? writePoint(this.it.format, f.lon, f.lat) : "";
    this.s.precise(f?.accuracy ?? 0);
    this.s.set(this.value, this.byItself);
    this.s.placed(f);
  }

  // by the person

  private typed(): void {
    this.byItself = this.onMap = false;
    const [x, y] = [Number(decimal(this.lon.value)), Number(decimal(this.lat.value))];
    if (this.lon.value === "" && this.lat.value === "") this.set(null);
    else if (this.lon.value === "" || this.lat.value === "" || Number.isNaN(x) || Number.isNaN(y)) return;
    else this.set({ lon: x, lat: y, accuracy: 0, at: Date.now() });
    this.stop();
  }

  private put(lon: number, lat: number): void {
    this.byItself = false;
    this.onMap = true;
    this.set({ lon, lat, accuracy: 0, at: Date.now() });
    this.fill();
    this.stop();
  }

  private clear(): void {
    this.byItself = this.onMap = false;
    this.set(null);
    this.fill();
    this.draw();
  }

  // by the phone

  private find(): void {
    this.best = null;
    this.end = follow((f) => this.found(f), (why) => this.failed(why));
    this.draw();
  }

  private found(f: Fix): void {
    if (!this.end) return;
    if (!this.best || f.accuracy <= this.best.accuracy || f.at - this.best.at > 30_000) {
      this.best = f;
      this.onMap = false;
      this.set(f);
      this.fill();
    }
    if (f.accuracy <= goodEnough) return this.stop();
    this.draw();
  }

  // What the phone does not find now it may find in a moment: the search goes on.
  private failed(why: Trouble): void {
    if (why !== "unavailable") this.stop();
    else this.draw();
    this.said.replaceChildren(icon("triangle-alert"), h("span", {}, t(`position.${why}`)));
  }

  private keep(): void {
    this.byItself = false;
    if (this.best) this.set(this.best);
    this.stop();
  }

  private stop(): void {
    this.end?.();
    this.end = null;
    this.draw();
  }

  // showing

  private fill(): void {
    const at = place(this.value);
    if (document.activeElement === this.lon || document.activeElement === this.lat) return;
    this.lon.value = at ? String(at[0]) : "";
    this.lat.value = at ? String(at[1]) : "";
  }

  private draw(): void {
    const at = place(this.value);
    const accuracy = this.s.accuracy();
    this.map?.show(at ?? null, accuracy);
    if (this.end) {
      this.said.replaceChildren(icon("loader-circle"), h("span", {}, this.best ? t("position.improving", { Accuracy: number(this.best.accuracy) }) : t("position.searching")));
      this.acts.replaceChildren(...(this.best ? [button(t("position.keep"), () => this.keep(), { icon: "check", kind: "primary" })] : []), button(t("position.stop"), () => this.stop(), { kind: "quiet" }));
      return;
    }
    const how = accuracy ? ` · ${t("position.accuracy", { Accuracy: number(accuracy) })}` : this.onMap ? ` · ${t("position.on-map")}` : "";
    this.said.replaceChildren(icon("map-pin"), h("span", {}, at ? `${number(at[1], 5)} ; ${number(at[0], 5)}${how}` : t("position.none")));
    this.acts.replaceChildren();
    if (this.it.read_only) return;
    const again = () => {
      this.byItself = false;
      this.find();
    };
    this.acts.append(button(t(at ? "position.again" : "position.mine"), again, { icon: "map-pin", kind: at ? undefined : "primary" }));
    if (at && !this.it.required) this.acts.append(button(t("position.clear"), () => this.clear(), { kind: "quiet" }));
  }
}
