// A point set on a map: by a click or a tap, by dragging the marker, by the arrow keys.
// What lies there already, and the names of communes, help to find the place.
import { Marker } from "maplibre-gl";
import type { GeoJSONSource, MapMouseEvent, StyleSpecification } from "maplibre-gl";
import { arrowMargin, arrows, arrowStep } from "../entry/arrows";
import { followAppearance, graticule, ground, inks, libreMap } from "./ground";
import type { Ground } from "./ground";

export interface PickerSettings extends Ground {
  style?: string; // address of the styles of maps
  tiles?: string; // of the rows that are there already; "" for none
  places?: string; // address of the communes of the territory
  wordMarker?: string;
}

export interface Picker {
  show(at: [lon: number, lat: number] | null, accuracy?: number): void;
  close(): void;
}

const near = { base: 15, plain: 12 }; // zooms at which one sees where one is: the houses of a basemap, else the names of communes

export async function pointPicker(box: HTMLElement, d: PickerSettings, chosen: (lon: number, lat: number) => void): Promise<Picker> {
  await styles(d.style ?? "");
  const pin = document.createElement("span");
  pin.className = "map-pin";
  let at: [number, number] | null = null;
  let around = 0; // metres that the position may be wrong by

  const style = (): StyleSpecification => {
    const ink = inks();
    const s = ground(d, ink);
    s.sources.names = { type: "geojson", data: names };
    s.sources.accuracy = { type: "geojson", data: circle(at, around) };
    if (d.tiles) {
      s.sources.rows = { type: "vector", tiles: [location.origin + d.tiles], maxzoom: 16, attribution: "" };
      s.layers.push(
        { id: "rows", type: "circle", source: "rows", "source-layer": "rows", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": ink["chart-2"], "circle-radius": 5, "circle-stroke-color": ink.paper, "circle-stroke-width": 1.5 } },
        { id: "clusters", type: "circle", source: "rows", "source-layer": "clusters", paint: { "circle-color": ink.paper, "circle-radius": 8, "circle-stroke-color": ink["chart-2"], "circle-stroke-width": 3 } },
      );
    }
    s.layers.push(
      { id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": ink.accent, "fill-opacity": 0.2, "fill-outline-color": ink.accent } },
      {
        id: "names", type: "symbol", source: "names",
        layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 14, "text-padding": 8 },
        paint: { "text-color": ink["ink-soft"], "text-halo-color": d.base ? ink.paper : ink.sunken, "text-halo-width": 1.5 },
      },
    );
    return s;
  };
  let names: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
  const map = libreMap(box, d, style(), { "Marker.Title": d.wordMarker ?? "" });
  map.keyboard.disable(); // the arrows move the marker
  const marker = new Marker({ element: pin, draggable: true, anchor: "bottom" });

  const draw = (): void => {
    if (at) marker.setLngLat(at).addTo(map);
    else marker.remove();
    map.getSource<GeoJSONSource>("accuracy")?.setData(circle(at, around));
  };
  const put = (lon: number, lat: number): void => {
    const x = ((((lon + 180) % 360) + 360) % 360) - 180;
    at = [Number(x.toFixed(6)), Number(lat.toFixed(6))];
    around = 0;
    draw();
    chosen(...at);
  };
  map.on("style.load", () => graticule(map));
  map.on("moveend", () => graticule(map));
  map.on("load", () => (box.dataset.ready = ""));
  map.on("error", (e) => console.warn(e.error?.message ?? e)); // a ground that does not come: the marker works all the same
  map.on("click", (e: MapMouseEvent) => put(...e.lngLat.toArray()));
  marker.on("dragend", () => put(...marker.getLngLat().toArray()));
  map.getCanvas().style.cursor = "crosshair";

  box.addEventListener("keydown", (e) => {
    const way = arrows[e.key];
    if (e.target !== map.getCanvas()) return;
    if (e.key === "+" || e.key === "=" || e.key === "-") {
      e.preventDefault();
      return void map.jumpTo({ zoom: map.getZoom() + (e.key === "-" ? -1 : 1), center: at ?? map.getCenter() });
    }
    if (!way) return;
    e.preventDefault();
    const from = at ? map.project(at) : map.project(map.getCenter());
    const by = at ? arrowStep * (e.shiftKey ? 5 : 1) : 0; // the first press puts it in the middle
    const to = map.unproject([from.x + way[0] * by, from.y + way[1] * by]);
    put(to.lng, to.lat);
    follow();
  });

  // Brings the marker back into sight.
  const follow = (): void => {
    if (!at) return;
    const p = map.project(at);
    const { clientWidth: w, clientHeight: h } = map.getCanvas();
    if (p.x < arrowMargin || p.y < arrowMargin || p.x > w - arrowMargin || p.y > h - arrowMargin) map.jumpTo({ center: at });
  };
  const still = followAppearance(map, style);
  void communes(d.places ?? "").then((found) => {
    names = found;
    map.getSource<GeoJSONSource>("names")?.setData(names);
  });
  return {
    show(place, accuracy = 0) {
      const same = place && at && place[0] === at[0] && place[1] === at[1];
      if (same && accuracy === around) return;
      at = place;
      around = accuracy;
      draw();
      if (!place) return;
      const zoom = d.base ? near.base : near.plain;
      if (map.getZoom() < zoom - 1) map.jumpTo({ center: place, zoom: Math.max(zoom, map.getZoom()) });
      else follow();
    },
    close() {
      still();
      map.remove();
    },
  };
}

// The styles of maps come with the first one that is opened.
function styles(address: string): Promise<void> {
  if (!address || document.querySelector(`link[href="${CSS.escape(address)}"]`)) return Promise.resolve();
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = link.onerror = () => done();
    document.head.append(link);
  });
}

// The names of the territory's communes where they are, the longest lists too.
async function communes(address: string): Promise<GeoJSON.FeatureCollection> {
  const none: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
  if (!address) return none;
  try {
    const answer = await fetch(address);
    if (!answer.ok) return none;
    const { communes } = (await answer.json()) as { communes: [code: string, name: string, lon: number, lat: number][] };
    return { type: "FeatureCollection", features: communes.map(([, name, lon, lat]) => ({ type: "Feature", properties: { name }, geometry: { type: "Point", coordinates: [lon, lat] } })) };
  } catch {
    return none; // without network the map has no names
  }
}

// A circle of so many metres around a place.
function circle(at: [number, number] | null, metres: number): GeoJSON.FeatureCollection {
  if (!at || metres <= 0) return { type: "FeatureCollection", features: [] };
  const up = metres / 111_195;
  const along = up / Math.max(0.01, Math.cos((at[1] * Math.PI) / 180));
  const ring = Array.from({ length: 49 }, (_, i) => [at[0] + along * Math.cos((i * Math.PI) / 24), at[1] + up * Math.sin((i * Math.PI) / 24)]);
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] };
}
