import { Popup } from "maplibre-gl";
import type { LngLatBoundsLike, Map as LibreMap, MapGeoJSONFeature, StyleSpecification, VectorTileSource } from "maplibre-gl";
import type { Point } from "geojson";
import type { Island } from "../island";
import type { Bounds } from "../maps/ground";
import { around, followAppearance, graticule, ground, inks, libreMap, view } from "../maps/ground";

// The live map of a table, in place of the one that the server drew: clusters with
// counts, points, lines, surfaces; what is clicked is told from the row's own page.
// Where one looks becomes the address, and the table below follows.
const map: Island = (element) => {
  try {
    return new TableMap(element).open();
  } catch (e) {
    console.error(e);
    failed(element);
  }
};
export default map;

function failed(element: HTMLElement): void {
  element.querySelector(".map-live")?.remove();
  element.classList.remove("map-awake");
  const said = document.createElement("p");
  said.className = "soft";
  said.textContent = element.dataset.wordFailed ?? "";
  element.append(said);
}

class TableMap {
  private readonly d: DOMStringMap;
  private readonly ground = document.createElement("div");
  private map!: LibreMap;
  private popup?: Popup;
  private asked?: AbortController;
  private later = 0;
  private moving = new URLSearchParams(location.search).has("map-box"); // somebody chose where to look

  constructor(private readonly element: HTMLElement) {
    this.d = element.dataset;
  }

  open(): () => void {
    this.ground.className = "map-live";
    this.element.append(this.ground);
    this.element.classList.add("map-awake");
    this.map = libreMap(this.ground, this.d, this.style());
    this.map.on("style.load", () => graticule(this.map)); // at first, and after each change of appearance
    this.map.on("load", () => (this.ground.dataset.ready = ""));
    this.map.on("movestart", (e) => (this.moving ||= e.originalEvent !== undefined));
    this.map.on("moveend", () => this.moved());
    this.map.on("click", (e) => this.clicked(e.point, e.lngLat.toArray()));
    for (const layer of ["clusters", "points", "lines", "surfaces"]) {
      this.map.on("mouseenter", layer, () => (this.map.getCanvas().style.cursor = "pointer"));
      this.map.on("mouseleave", layer, () => (this.map.getCanvas().style.cursor = ""));
    }
    const still = followAppearance(this.map, () => this.style());
    const events = this.live();
    return () => {
      events?.close();
      still();
      this.map.remove();
    };
  }

  private style(): StyleSpecification {
    const ink = inks();
    const tiles = location.origin + (this.d.tiles ?? "");
    const style = ground(this.d, ink);
    style.sources.rows = { type: "vector", tiles: [tiles], maxzoom: Number(this.d.zoom), attribution: "" };
    style.layers.push(
      { id: "surfaces", type: "fill", source: "rows", "source-layer": "rows", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink["chart-1"], "fill-opacity": 0.3 } },
      { id: "edges", type: "line", source: "rows", "source-layer": "rows", filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": ink["chart-1"], "line-width": 1.2 } },
      { id: "lines", type: "line", source: "rows", "source-layer": "rows", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": ink["chart-1"], "line-width": 3 } },
      { id: "points", type: "circle", source: "rows", "source-layer": "rows", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": ink["chart-1"], "circle-radius": 6, "circle-stroke-color": ink.paper, "circle-stroke-width": 1.5 } },
      {
        id: "clusters",
        type: "circle",
        source: "rows",
        "source-layer": "clusters",
        paint: { "circle-color": ink.paper, "circle-radius": ["step", ["get", "count"], 13, 10, 16, 100, 19, 1000, 23, 10000, 27], "circle-stroke-color": ink["chart-1"], "circle-stroke-width": 3 },
      },
      {
        id: "counts",
        type: "symbol",
        source: "rows",
        "source-layer": "clusters",
        layout: { "text-field": ["number-format", ["get", "count"], { locale: document.documentElement.lang }], "text-font": ["sans-serif"], "text-size": 13, "text-allow-overlap": true },
        paint: { "text-color": ink.ink },
      },
    );
    return style;
  }

  // After a move, by hand or by a click: the address and the table are of what is seen.
  private moved(): void {
    graticule(this.map);
    if (this.d.still !== undefined) return; // in a frame of another site: nothing follows
    clearTimeout(this.later);
    this.later = window.setTimeout(() => void this.follow(), 300);
  }

  private async follow(): Promise<void> {
    const address = new URL(location.href);
    address.searchParams.set("map-box", view(this.map).map((v) => v.toFixed(5)).join(","));
    history.replaceState(null, "", address.href.replace(/%2C/g, ","));
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const part = await this.part(address.href, "#map-rows", this.asked.signal);
      const now = document.getElementById("map-rows");
      if (part && now) now.replaceChildren(...part.childNodes);
    } catch (e) {
      if (!this.asked.signal.aborted) console.error(e);
    }
  }

  // New rows appear by themselves: the tiles of each new version take the place of
  // those of the one before. Unless somebody chose where to look, all rows stay in view.
  private live(): EventSource | undefined {
    if (!this.d.events) return undefined;
    let shown = Number(/version=(\d+)/.exec(this.d.tiles ?? "")?.[1] ?? 0);
    const source = new EventSource(this.d.events);
    source.addEventListener("version", (event) => {
      const { number } = JSON.parse((event as MessageEvent<string>).data) as { number: number };
      if (number <= shown) return;
      shown = number;
      for (const key of ["tiles", "near"]) this.d[key] = this.d[key]?.replace(/version=\d+/, `version=${number}`);
      this.map.getSource<VectorTileSource>("rows")?.setTiles([location.origin + (this.d.tiles ?? "")]);
      this.ground.dataset.version = String(number);
      if (this.moving) this.moved();
      else void this.widen();
    });
    return source;
  }

  // widen shows the place of all rows; moving there brings the table below.
  private async widen(): Promise<void> {
    const address = (this.d.tiles ?? "").replace("/tiles/{z}/{x}/{y}.mvt", "/tiles.json");
    try {
      const answer = await fetch(address);
      const { bounds, rows } = (await answer.json()) as { bounds: Bounds; rows: number };
      if (answer.ok && rows > 0 && !this.moving) this.map.fitBounds(bounds as LngLatBoundsLike, { ...around, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
    } catch (e) {
      console.error(e); // the place stays, the rows are new
    }
    this.moved();
  }

  // A part of another page of the site.
  private async part(address: string, selector: string, signal?: AbortSignal): Promise<Element | null> {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(selector);
  }

  private clicked(point: { x: number; y: number }, at: [number, number]): void {
    const reach = 6; // pixels
    const found = this.map.queryRenderedFeatures(
      [
        [point.x - reach, point.y - reach],
        [point.x + reach, point.y + reach],
      ],
      { layers: ["clusters", "points", "lines", "surfaces"] },
    );
    const first = found.find((f) => f.layer.id === "clusters") ?? found[0];
    if (!first) return;
    if (first.layer.id === "clusters") return this.cluster(first);
    const place = first.geometry.type === "Point" ? (first.geometry.coordinates as [number, number]) : at;
    const rows = [...new Set(found.map((f) => Number(f.id)).filter((n) => n > 0))];
    if (rows.length > 1) this.list(place, rows);
    else void this.row(place, rows[0]);
  }

  // A cluster opens by coming nearer; at the end, by the list of what it stands for.
  private cluster(f: MapGeoJSONFeature): void {
    const place = (f.geometry as Point).coordinates as [number, number];
    const deepest = Number(this.d.zoom);
    if (this.map.getZoom() < deepest) {
      this.map.easeTo({ center: place, zoom: Math.min(this.map.getZoom() + 2, deepest), animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
      return;
    }
    void this.near(place);
  }

  // The rows that lie on one another at a place.
  private async near(place: [number, number]): Promise<void> {
    const reach = 2e-4;
    const box = [place[0] - reach, place[1] - reach, place[0] + reach, place[1] + reach].map((v) => v.toFixed(6)).join(",");
    const answer = await fetch(`${this.d.near}&limit=20&bbox=${box}`);
    if (!answer.ok) return;
    const found = (await answer.json()) as { features: { id: number }[]; numberMatched: number };
    this.list(place, found.features.map((f) => f.id), found.numberMatched);
  }

  private list(place: [number, number], rows: number[], all = rows.length): void {
    const box = document.createElement("div");
    const head = document.createElement("p");
    head.className = "popup-title";
    head.textContent = (this.d.wordRows ?? "").replace("{n}", all.toLocaleString(document.documentElement.lang));
    const items = document.createElement("ul");
    for (const n of rows.slice(0, 20)) {
      const item = document.createElement("li");
      item.append(this.link(n));
      items.append(item);
    }
    box.append(head, items);
    this.show(place, box);
  }

  private link(n: number): HTMLAnchorElement {
    const link = document.createElement("a");
    link.href = this.address(n);
    link.textContent = (this.d.wordRow ?? "").replace("{n}", n.toLocaleString(document.documentElement.lang));
    return link;
  }

  private address(n: number): string {
    return `${this.d.row}${n}${this.d.version}`;
  }

  private async row(place: [number, number], n: number): Promise<void> {
    const box = document.createElement("div");
    const head = document.createElement("p");
    head.className = "popup-title";
    head.append(this.link(n));
    box.append(head);
    try {
      const cells = await this.part(this.address(n), "#row-cells");
      if (cells) box.append(...cells.childNodes);
    } catch (e) {
      console.error(e); // the link to the row stays
    }
    this.show(place, box);
  }

  private show(place: [number, number], content: HTMLElement): void {
    this.popup?.remove();
    content.className = "popup";
    this.popup = new Popup({ maxWidth: "min(24rem, 80vw)", focusAfterOpen: true }).setLngLat(place).setDOMContent(content).addTo(this.map);
  }
}
