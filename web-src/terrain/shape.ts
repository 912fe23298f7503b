// A line or a surface, drawn by walking: each press notes where one stands.
import { metres } from "../expression";
import type { Item } from "./definition";
import { button, h, icon } from "./dom";
import { follow } from "./position";
import type { Fix } from "./position";
import type { Surface } from "./widget";
import { distance, number, t } from "./words";

type Vertex = [number, number];

function read(value: string): { points: Vertex[]; closed: boolean } {
  try {
    const g = JSON.parse(value) as { type: string; coordinates: unknown };
    if (g.type === "LineString") return { points: g.coordinates as Vertex[], closed: false };
    if (g.type === "Polygon") return { points: (g.coordinates as Vertex[][])[0].slice(0, -1), closed: true };
  } catch {
    // nothing drawn yet
  }
  return { points: [], closed: false };
}

const mostPoints = 2000;

export class Shape {
  readonly element = h("div", { class: "terrain-group" });
  private readonly said = h("p", { class: "terrain-position", role: "status" });
  private readonly acts = h("div", { class: "terrain-acts" });
  private points: Vertex[];
  private closed: boolean;
  private fix: Fix | null = null;
  private end: (() => void) | null = null;
  private trouble = "";

  constructor(
    private readonly it: Item,
    private readonly s: Surface,
  ) {
    ({ points: this.points, closed: this.closed } = read(s.value));
    this.element.append(this.said, this.acts);
    s.stop(() => this.end?.());
    this.draw();
  }

  refresh(v: string): void {
    if (v === this.written()) return;
    ({ points: this.points, closed: this.closed } = read(v));
    this.draw();
  }

  private written(): string {
    if (this.points.length < 2) return "";
    if (!this.closed || this.points.length < 3) return JSON.stringify({ type: "LineString", coordinates: this.points });
    return JSON.stringify({ type: "Polygon", coordinates: [[...this.points, this.points[0]]] });
  }

  private changed(): void {
    this.s.set(this.written());
    this.draw();
  }

  private begin(): void {
    this.trouble = "";
    this.end = follow(
      (f) => {
        this.fix = f;
        this.trouble = "";
        this.draw();
      },
      (why) => {
        if (why !== "unavailable") {
          this.end?.();
          this.end = null;
        }
        this.trouble = t(`position.${why}`);
        this.draw();
      },
    );
    this.draw();
  }

  private add(): void {
    if (!this.fix || this.points.length >= mostPoints) return;
    this.points.push([Number(this.fix.lon.toFixed(6)), Number(this.fix.lat.toFixed(6))]);
    this.changed();
  }

  private draw(): void {
    let long = 0;
    for (let i = 1; i < this.points.length; i++) long += metres(this.points[i - 1], this.points[i]);
    const what = this.points.length ? t("shape.points", { Count: this.points.length, Length: distance(long) }) : t("shape.none");
    const accuracy = this.end ? ` · ${this.fix ? t("position.accuracy", { Accuracy: number(this.fix.accuracy) }) : t("position.searching")}` : "";
    this.said.replaceChildren(icon("map-pin"), h("span", {}, this.trouble || what + accuracy));
    this.acts.replaceChildren();
    if (this.it.read_only) return;
    if (!this.end) this.acts.append(button(t(this.points.length ? "shape.go-on" : "shape.begin"), () => this.begin(), { icon: "map-pin", kind: "primary" }));
    else this.acts.append(button(t("shape.add"), () => this.add(), { icon: "plus", kind: "primary", disabled: !this.fix }));
    if (this.points.length > 2) this.acts.append(button(t(this.closed ? "shape.open" : "shape.close"), () => ((this.closed = !this.closed), this.changed())));
    if (this.points.length) this.acts.append(button(t("shape.back"), () => (this.points.pop(), this.changed()), { kind: "quiet", icon: "undo-2" }));
  }
}
