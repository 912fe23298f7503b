// A map that needs no network: points, the phone with its accuracy, communes by
// their contours and names, a scale. North is up; fingers and keys move it. Where a
// place is set, a tap puts the mark, and the arrows move it.
import { arrowMargin, arrows, arrowStep } from "../entry/arrows";
import { metres } from "../expression";
import type { Commune } from "./communes";
import type { Near } from "./near";
import { unworld, world } from "./outline";
import type { Outline } from "./outline";
import type { Fix } from "./position";
import { distance, t } from "./words";

const earth = 40_075_016.7; // metres around the equator

// What the map is for: points are looked at, or a place is set.
export interface Acts {
  chosen?(points: Near[]): void;
  put?(at: [lon: number, lat: number]): void;
}

export interface Shown {
  points: Near[];
  communes: readonly Commune[];
  outlines: readonly Outline[];
  fix: Fix | null;
  mark?: { at: [lon: number, lat: number]; accuracy: number } | null; // metres; 0: exact
}

type Ink = (role: string) => string;

export class FieldMap {
  readonly canvas = document.createElement("canvas");
  private centre: [number, number] = [0, 0]; // of a square of side 1
  private scale = 1; // px for the whole world
  private readonly widths = new Map<string, number>(); // of the communes on the map of the world, by their code
  private measured: readonly Outline[] = [];
  private seen: Shown = { points: [], communes: [], outlines: [], fix: null };
  private readonly fingers = new Map<number, [number, number]>();
  private moved = 0;

  constructor(private readonly acts: Acts) {
    const c = this.canvas;
    c.className = "terrain-map";
    c.tabIndex = 0;
    c.setAttribute("role", acts.put ? "application" : "img");
    c.addEventListener("pointerdown", (e) => this.down(e));
    c.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"] as const) c.addEventListener(end, (e) => this.up(e));
    c.addEventListener("wheel", (e) => (e.preventDefault(), this.zoom(e.deltaY < 0 ? 1.3 : 1 / 1.3, this.local(e))), { passive: false });
    c.addEventListener("keydown", (e) => this.key(e));
    new ResizeObserver(() => this.draw()).observe(c);
  }

  show(seen: Shown): void {
    this.seen = seen;
    if (this.measured !== seen.outlines) this.measure(seen.outlines);
    this.canvas.setAttribute("aria-label", t(this.acts.put ? "pick.label" : "map.label", { Count: seen.points.length }));
    if (this.scale === 1) this.frame();
    this.draw();
  }

  private measure(outlines: readonly Outline[]): void {
    this.measured = outlines;
    this.widths.clear();
    for (const { code, box } of outlines) this.widths.set(code, Math.max(this.widths.get(code) ?? 0, box[1] - box[0]));
  }

  // Brings the mark or the phone into view, else what is known, else the territory.
  frame(): void {
    const { points, communes, outlines, fix, mark } = this.seen;
    const close = mark?.at ?? (fix ? ([fix.lon, fix.lat] as [number, number]) : undefined);
    const corners = close ? [world(close)] : points.length ? points.map((p) => world(p.at)) : outlines.length ? outlines.flatMap(({ box }) => [[box[0], box[2]], [box[1], box[3]]]) : communes.map((c) => world([c.lon, c.lat]));
    if (!corners.length) return;
    const box = [Infinity, -Infinity, Infinity, -Infinity];
    for (const [x, y] of corners) [box[0], box[1], box[2], box[3]] = [Math.min(box[0], x), Math.max(box[1], x), Math.min(box[2], y), Math.max(box[3], y)];
    this.centre = [(box[0] + box[1]) / 2, (box[2] + box[3]) / 2];
    const side = Math.max(box[1] - box[0], box[3] - box[2], (400 / earth) * 1.4);
    this.scale = (Math.min(this.canvas.clientWidth || 320, this.canvas.clientHeight || 320) * 0.8) / side;
  }

  // Keeps the mark away from the edges.
  follow(): void {
    const { mark } = this.seen;
    if (!mark) return;
    const [x, y] = this.screen(mark.at);
    const { clientWidth: w, clientHeight: high } = this.canvas;
    if (x >= arrowMargin && y >= arrowMargin && x <= w - arrowMargin && y <= high - arrowMargin) return;
    this.centre = world(mark.at);
    this.draw();
  }

  // Moves the mark; the first step puts it in the middle.
  step(right: number, down: number, by = arrowStep): void {
    const { mark } = this.seen;
    const [x, y] = mark ? world(mark.at) : this.centre;
    const far = mark ? by / this.scale : 0;
    this.acts.put?.(unworld([x + right * far, y + down * far]));
  }

  private screen(p: [number, number]): [number, number] {
    const [x, y] = world(p);
    return [(x - this.centre[0]) * this.scale + this.canvas.clientWidth / 2, (y - this.centre[1]) * this.scale + this.canvas.clientHeight / 2];
  }

  private local(e: MouseEvent): [number, number] {
    const r = this.canvas.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  }

  zoom(by: number, at: [number, number] = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2]): void {
    const next = Math.max(500, Math.min(earth * 20, this.scale * by));
    const [dx, dy] = [at[0] - this.canvas.clientWidth / 2, at[1] - this.canvas.clientHeight / 2];
    this.centre[0] += dx / this.scale - dx / next;
    this.centre[1] += dy / this.scale - dy / next;
    this.scale = next;
    this.draw();
  }

  private down(e: PointerEvent): void {
    this.canvas.setPointerCapture(e.pointerId);
    this.fingers.set(e.pointerId, this.local(e));
    this.moved = 0;
  }

  private move(e: PointerEvent): void {
    const old = this.fingers.get(e.pointerId);
    if (!old) return;
    const now = this.local(e);
    const others = [...this.fingers].filter(([id]) => id !== e.pointerId);
    this.moved += Math.hypot(now[0] - old[0], now[1] - old[1]);
    this.fingers.set(e.pointerId, now);
    if (others.length) {
      const other = others[0][1];
      const ratio = Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(old[0] - other[0], old[1] - other[1]));
      return this.zoom(ratio, [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    }
    this.centre[0] -= (now[0] - old[0]) / this.scale;
    this.centre[1] -= (now[1] - old[1]) / this.scale;
    this.draw();
  }

  private up(e: PointerEvent): void {
    const at = this.fingers.get(e.pointerId);
    this.fingers.delete(e.pointerId);
    if (!at || this.moved > 8 || e.type === "pointercancel" || this.fingers.size) return;
    if (this.acts.put) return this.acts.put(unworld(this.under(at)));
    const found = this.seen.points.filter((p) => {
      const [x, y] = this.screen(p.at);
      return Math.hypot(x - at[0], y - at[1]) < 24;
    });
    if (found.length) this.acts.chosen?.(found);
  }

  // What lies under a point of the screen, on the map of the world.
  private under([x, y]: [number, number]): [number, number] {
    return [this.centre[0] + (x - this.canvas.clientWidth / 2) / this.scale, this.centre[1] + (y - this.canvas.clientHeight / 2) / this.scale];
  }

  private key(e: KeyboardEvent): void {
    const arrow = arrows[e.key];
    if (!arrow && e.key !== "+" && e.key !== "=" && e.key !== "-") return;
    e.preventDefault();
    if (!arrow) return this.zoom(e.key === "-" ? 1 / 1.5 : 1.5);
    if (this.acts.put) return this.step(...arrow, arrowStep * (e.shiftKey ? 5 : 1));
    for (const i of [0, 1]) this.centre[i] += (arrow[i] * 60) / this.scale;
    this.draw();
  }

  // drawing

  draw(): void {
    const { clientWidth: w, clientHeight: high } = this.canvas;
    if (!w || !high) return;
    const dense = devicePixelRatio || 1;
    this.canvas.width = w * dense;
    this.canvas.height = high * dense;
    const g = this.canvas.getContext("2d");
    if (!g) return;
    const style = getComputedStyle(this.canvas);
    const ink: Ink = (role) => style.getPropertyValue(`--${role}`).trim();
    g.scale(dense, dense);
    g.font = `14px ${style.fontFamily}`;
    g.lineJoin = "round";
    g.fillStyle = ink("sunken");
    g.fillRect(0, 0, w, high);
    if (this.seen.outlines.length) this.drawOutlines(g, ink, w, high);
    else this.drawSquares(g, ink, w, high);
    this.drawCommunes(g, ink, w, high);
    const { fix, mark, points } = this.seen;
    if (fix) this.drawFix(g, ink, fix);
    for (const p of points) this.drawPoint(g, ink, p, w, high);
    if (mark) this.drawMark(g, ink, mark.at, mark.accuracy);
    this.drawScale(g, ink, high);
  }

  private drawPoint(g: CanvasRenderingContext2D, ink: Ink, p: Near, w: number, high: number): void {
    const [x, y] = this.screen(p.at);
    if (x < -20 || y < -20 || x > w + 20 || y > high + 20) return;
    g.beginPath();
    if (p.here) g.rect(x - 8, y - 8, 16, 16);
    else g.arc(x, y, 9, 0, 2 * Math.PI);
    g.fillStyle = p.here ? ink("chart-2") : ink("chart-1");
    g.fill();
    g.lineWidth = 2.5;
    g.strokeStyle = ink("paper");
    g.stroke();
  }

  // The mark is a pin whose point is the place; around it, how good it is.
  private drawMark(g: CanvasRenderingContext2D, ink: Ink, at: [number, number], accuracy: number): void {
    const [x, y] = this.screen(at);
    if (accuracy > 0) this.drawAccuracy(g, ink, x, y, accuracy, at[1]);
    g.beginPath();
    g.arc(x, y - 24, 12, Math.PI * 0.85, Math.PI * 0.15);
    g.lineTo(x, y);
    g.closePath();
    g.fillStyle = ink("accent");
    g.fill();
    g.lineWidth = 2.5;
    g.strokeStyle = ink("paper");
    g.stroke();
    g.beginPath();
    g.arc(x, y - 24, 4.5, 0, 2 * Math.PI);
    g.fillStyle = ink("paper");
    g.fill();
  }

  // A circle of so many metres.
  private drawAccuracy(g: CanvasRenderingContext2D, ink: Ink, x: number, y: number, accuracy: number, lat: number): void {
    const perMetre = this.scale / (earth * Math.cos((lat * Math.PI) / 180));
    g.beginPath();
    g.arc(x, y, Math.max(10, accuracy * perMetre), 0, 2 * Math.PI);
    g.globalAlpha = 0.18;
    g.fillStyle = ink("accent");
    g.fill();
    g.globalAlpha = 1;
    g.lineWidth = 1.5;
    g.strokeStyle = ink("accent");
    g.stroke();
  }

  private drawOutlines(g: CanvasRenderingContext2D, ink: Ink, w: number, high: number): void {
    const [left, top] = [this.centre[0] - w / 2 / this.scale, this.centre[1] - high / 2 / this.scale];
    const [right, bottom] = [left + w / this.scale, top + high / this.scale];
    g.beginPath();
    for (const { corners, box } of this.seen.outlines) {
      if (box[1] < left || box[0] > right || box[3] < top || box[2] > bottom) continue;
      for (let i = 0; i + 1 < corners.length; i += 2) {
        const [x, y] = [(corners[i] - left) * this.scale, (corners[i + 1] - top) * this.scale];
        if (i === 0) g.moveTo(x, y);
        else g.lineTo(x, y);
      }
    }
    g.fillStyle = ink("raised");
    g.fill(); // not "evenodd": where rounded borders cross, no hole opens
    g.lineWidth = Math.min(1.2, 0.5 + this.scale / 1.6e6); // from afar there are many
    g.strokeStyle = ink("edge");
    g.stroke();
  }

  // Names stand where their commune has room for them, whole, and not on one another.
  private drawCommunes(g: CanvasRenderingContext2D, ink: Ink, w: number, high: number): void {
    const taken: [number, number, number][] = [];
    g.textAlign = "center";
    g.lineWidth = 4;
    g.strokeStyle = ink(this.seen.outlines.length ? "raised" : "sunken"); // a line does not cross a name
    g.fillStyle = ink("ink-soft");
    for (const c of this.seen.communes) {
      const [x, y] = this.screen([c.lon, c.lat]);
      const half = g.measureText(c.name).width / 2 + 6;
      if (x < half || y < 18 || x > w - half || y > high - 8 || (this.widths.get(c.code) ?? Infinity) * this.scale < half * 1.6 || taken.some(([tx, ty, th]) => Math.abs(tx - x) < th + half && Math.abs(ty - y) < 26)) continue;
      taken.push([x, y, half]);
      g.strokeText(c.name, x, y);
      g.fillText(c.name, x, y);
      if (taken.length > 60) return;
    }
  }

  private drawFix(g: CanvasRenderingContext2D, ink: Ink, fix: Fix): void {
    const [x, y] = this.screen([fix.lon, fix.lat]);
    this.drawAccuracy(g, ink, x, y, fix.accuracy, fix.lat);
    g.beginPath();
    g.arc(x, y, 6, 0, 2 * Math.PI);
    g.fillStyle = ink("accent");
    g.fill();
    g.strokeStyle = ink("paper");
    g.lineWidth = 2;
    g.stroke();
  }

  // A length that can be told, about a quarter of the map's width: metres, and pixels.
  private bar(): { length: number; pixels: number } {
    const [, lat] = unworld(this.centre);
    const perPixel = metres([0, lat], [360 / this.scale, lat]);
    const wanted = perPixel * 100;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const length = ([5, 2, 1].find((n) => n * power <= wanted) ?? 1) * power;
    return { length, pixels: length / perPixel };
  }

  // Where nothing is drawn, squares show that the map moves.
  private drawSquares(g: CanvasRenderingContext2D, ink: Ink, w: number, high: number): void {
    const { pixels } = this.bar();
    const first = (at: number, half: number) => pixels - ((((at * this.scale - half) % pixels) + pixels) % pixels);
    g.beginPath();
    for (let x = first(this.centre[0], w / 2); x < w; x += pixels) (g.moveTo(x, 0), g.lineTo(x, high));
    for (let y = first(this.centre[1], high / 2); y < high; y += pixels) (g.moveTo(0, y), g.lineTo(w, y));
    g.lineWidth = 1;
    g.strokeStyle = ink("line");
    g.stroke();
  }

  private drawScale(g: CanvasRenderingContext2D, ink: Ink, high: number): void {
    const { length, pixels } = this.bar();
    const text = distance(length);
    g.textAlign = "left";
    g.fillStyle = ink("ink");
    for (const [width, role] of [[6, "raised"], [2, "ink"]] as const) {
      g.strokeStyle = ink(role);
      g.lineWidth = width;
      g.beginPath();
      g.moveTo(12, high - 12);
      g.lineTo(12 + pixels, high - 12);
      g.stroke();
      if (role === "raised") g.strokeText(text, 12, high - 20);
    }
    g.fillText(text, 12, high - 20);
  }
}
