// A map that needs no network: points, the phone with its accuracy, communes by
// their contours and names, a scale. North is up; fingers and keys move it.
import { metres } from "../expression";
import type { Commune } from "./controls";
import type { Near } from "./near";
import { world } from "./outline";
import type { Outline } from "./outline";
import type { Fix } from "./position";
import { distance, t } from "./words";

const earth = 40_075_016.7; // metres around the equator

export class FieldMap {
  readonly canvas = document.createElement("canvas");
  private centre: [number, number] = [0, 0]; // of a square of side 1
  private scale = 1; // px for the whole world
  private fix: Fix | null = null;
  private points: Near[] = [];
  private communes: Commune[] = [];
  private outlines: readonly Outline[] = [];
  private readonly fingers = new Map<number, [number, number]>();
  private moved = 0;

  constructor(private readonly chosen: (n: Near[]) => void) {
    const c = this.canvas;
    c.className = "terrain-map";
    c.tabIndex = 0;
    c.setAttribute("role", "img");
    c.addEventListener("pointerdown", (e) => this.down(e));
    c.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"] as const) c.addEventListener(end, (e) => this.up(e));
    c.addEventListener("wheel", (e) => (e.preventDefault(), this.zoom(e.deltaY < 0 ? 1.3 : 1 / 1.3, this.local(e))), { passive: false });
    c.addEventListener("keydown", (e) => this.key(e));
    new ResizeObserver(() => this.draw()).observe(c);
  }

  show(points: Near[], communes: Commune[], outlines: readonly Outline[], fix: Fix | null): void {
    const first = this.scale === 1;
    this.points = points;
    this.communes = communes;
    this.outlines = outlines;
    this.fix = fix;
    this.canvas.setAttribute("aria-label", t("map.label", { Count: points.length }));
    if (first && (fix || points.length)) this.frame();
    this.draw();
  }

  // Brings the phone, or everything, into view.
  frame(): void {
    const places = this.fix ? [[this.fix.lon, this.fix.lat] as [number, number]] : this.points.map((p) => p.at);
    if (!places.length) return;
    const xs = places.map((p) => world(p)[0]);
    const ys = places.map((p) => world(p)[1]);
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    this.centre = [(x0 + x1) / 2, (y0 + y1) / 2];
    const side = Math.max(x1 - x0, y1 - y0, (400 / earth) * 1.4);
    this.scale = (Math.min(this.canvas.clientWidth || 320, this.canvas.clientHeight || 320) * 0.8) / side;
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
    if (!at || this.moved > 8) return;
    const found = this.points.filter((p) => {
      const [x, y] = this.screen(p.at);
      return Math.hypot(x - at[0], y - at[1]) < 24;
    });
    if (found.length) this.chosen(found);
  }

  private key(e: KeyboardEvent): void {
    const step = 60 / this.scale;
    const by: Record<string, () => void> = {
      ArrowLeft: () => (this.centre[0] -= step), ArrowRight: () => (this.centre[0] += step), ArrowUp: () => (this.centre[1] -= step), ArrowDown: () => (this.centre[1] += step),
      "+": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5),
    };
    if (!by[e.key]) return;
    e.preventDefault();
    by[e.key]();
    this.draw();
  }

  draw(): void {
    const { clientWidth: w, clientHeight: high } = this.canvas;
    if (!w || !high) return;
    const dense = devicePixelRatio || 1;
    this.canvas.width = w * dense;
    this.canvas.height = high * dense;
    const g = this.canvas.getContext("2d");
    if (!g) return;
    const style = getComputedStyle(this.canvas);
    const ink = (role: string) => style.getPropertyValue(`--${role}`).trim();
    g.scale(dense, dense);
    g.fillStyle = ink("sunken");
    g.fillRect(0, 0, w, high);
    this.drawOutlines(g, ink, w, high);
    this.drawCommunes(g, ink, w, high);
    if (this.fix) this.drawFix(g, ink, this.fix);
    for (const p of this.points) {
      const [x, y] = this.screen(p.at);
      if (x < -20 || y < -20 || x > w + 20 || y > high + 20) continue;
      g.beginPath();
      if (p.here) g.rect(x - 8, y - 8, 16, 16);
      else g.arc(x, y, 9, 0, 2 * Math.PI);
      g.fillStyle = p.here ? ink("chart-2") : ink("chart-1");
      g.fill();
      g.lineWidth = 2.5;
      g.strokeStyle = ink("paper");
      g.stroke();
    }
    this.drawScale(g, ink, high);
  }

  private drawOutlines(g: CanvasRenderingContext2D, ink: (r: string) => string, w: number, high: number): void {
    const [left, top] = [this.centre[0] - w / 2 / this.scale, this.centre[1] - high / 2 / this.scale];
    const [right, bottom] = [left + w / this.scale, top + high / this.scale];
    g.beginPath();
    for (const { corners, box } of this.outlines) {
      if (box[1] < left || box[0] > right || box[3] < top || box[2] > bottom) continue;
      for (let i = 0; i + 1 < corners.length; i += 2) {
        const [x, y] = [(corners[i] - left) * this.scale, (corners[i + 1] - top) * this.scale];
        if (i === 0) g.moveTo(x, y);
        else g.lineTo(x, y);
      }
    }
    g.fillStyle = ink("raised");
    g.fill("evenodd");
    g.lineWidth = 1.2;
    g.strokeStyle = ink("edge");
    g.stroke();
  }

  private drawCommunes(g: CanvasRenderingContext2D, ink: (r: string) => string, w: number, high: number): void {
    const taken: [number, number, number][] = [];
    g.font = "14px sans-serif";
    g.textAlign = "center";
    for (const c of this.communes) {
      const [x, y] = this.screen([c.lon, c.lat]);
      const half = g.measureText(c.name).width / 2 + 6;
      if (x < -half || y < 0 || x > w + half || y > high || taken.some(([tx, ty, th]) => Math.abs(tx - x) < th + half && Math.abs(ty - y) < 22)) continue;
      taken.push([x, y, half]);
      g.fillStyle = ink("ink-soft");
      g.fillText(c.name, x, y);
      if (taken.length > 60) return;
    }
  }

  private drawFix(g: CanvasRenderingContext2D, ink: (r: string) => string, fix: Fix): void {
    const [x, y] = this.screen([fix.lon, fix.lat]);
    const perMetre = this.scale / (earth * Math.cos((fix.lat * Math.PI) / 180));
    g.beginPath();
    g.arc(x, y, Math.max(10, fix.accuracy * perMetre), 0, 2 * Math.PI);
    g.globalAlpha = 0.18;
    g.fillStyle = ink("accent");
    g.fill();
    g.globalAlpha = 1;
    g.lineWidth = 1.5;
    g.strokeStyle = ink("accent");
    g.stroke();
    g.beginPath();
    g.arc(x, y, 6, 0, 2 * Math.PI);
    g.fillStyle = ink("accent");
    g.fill();
    g.strokeStyle = ink("paper");
    g.lineWidth = 2;
    g.stroke();
  }

  private drawScale(g: CanvasRenderingContext2D, ink: (r: string) => string, high: number): void {
    const lat = (2 * Math.atan(Math.exp((0.5 - this.centre[1]) * 2 * Math.PI)) - Math.PI / 2) * (180 / Math.PI);
    const perPixel = metres([0, lat], [360 / this.scale, lat]);
    const wanted = perPixel * 100;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const length = ([5, 2, 1].find((n) => n * power <= wanted) ?? 1) * power;
    g.strokeStyle = g.fillStyle = ink("ink");
    g.lineWidth = 2;
    g.beginPath();
    g.moveTo(12, high - 12);
    g.lineTo(12 + length / perPixel, high - 12);
    g.stroke();
    g.textAlign = "left";
    g.font = "14px sans-serif";
    g.fillText(distance(length), 12, high - 20);
  }
}
