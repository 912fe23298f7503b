// A place set on the small map: by a tap, by the buttons beside it, by the arrow keys.
import { arrows } from "../entry/arrows";
import { button, h } from "./dom";
import type { IconName } from "./icons";
import { FieldMap } from "./map";
import type { Near } from "./near";
import { lastFix } from "./position";
import type { Surface } from "./widget";
import { t } from "./words";

export class PickMap {
  readonly element = h("div", { class: "terrain-pick" });
  private readonly box: HTMLElement;
  private readonly open: HTMLButtonElement;
  private map: FieldMap | null = null; // made when it is opened
  private points: Near[] = [];
  private at: [number, number] | null = null;
  private accuracy = 0; // metres

  constructor(
    private readonly s: Surface,
    private readonly put: (lon: number, lat: number) => void,
  ) {
    this.box = h("div", { id: `${s.id}-map`, class: "terrain-group", hidden: true });
    this.open = button(t("pick.open"), () => this.toggle(), { icon: "map", class: "terrain-wide" });
    this.open.setAttribute("aria-controls", this.box.id);
    this.open.setAttribute("aria-expanded", "false");
    this.element.append(this.open, this.box);
    s.onTerritory(() => this.draw());
  }

  // The mark is where the question's position is.
  show(at: [number, number] | null, accuracy: number): void {
    const elsewhere = at && (at[0] !== this.at?.[0] || at[1] !== this.at?.[1]);
    this.at = at;
    this.accuracy = accuracy;
    this.draw();
    if (elsewhere) this.map?.follow();
  }

  private toggle(): void {
    this.box.hidden = !this.box.hidden;
    this.open.setAttribute("aria-expanded", String(!this.box.hidden));
    this.open.querySelector("span")?.replaceChildren(t(this.box.hidden ? "pick.open" : "pick.close"));
    if (this.box.hidden) return;
    if (!this.map) void this.make();
    this.box.scrollIntoView({ block: "nearest" });
  }

  private async make(): Promise<void> {
    const map = (this.map = new FieldMap({ put: (p) => this.put(...p) }));
    const move = (key: string, name: IconName) => button(t(`pick.${key}`), () => map.step(...arrows[key]), { icon: name });
    this.box.append(h("p", { class: "help", id: `${this.box.id}-help` }, t("pick.help")), map.canvas,
      h("div", { class: "terrain-pad", role: "group", "aria-label": t("pick.move") },
        button(t("around.farther"), () => map.zoom(1 / 1.7), { icon: "minus" }), move("ArrowUp", "arrow-up"), button(t("around.nearer"), () => map.zoom(1.7), { icon: "plus" }),
        move("ArrowLeft", "arrow-left"), move("ArrowDown", "arrow-down"), move("ArrowRight", "arrow-right")));
    map.canvas.setAttribute("aria-describedby", `${this.box.id}-help`);
    this.draw();
    this.points = await this.s.around();
    this.draw();
  }

  private draw(): void {
    this.map?.show({ points: this.points, communes: this.s.communes(), outlines: this.s.outlines(), fix: lastFix(), mark: this.at && { at: this.at, accuracy: this.accuracy } });
  }
}
