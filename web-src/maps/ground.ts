// What every map of the pages stands on: the host's basemap, or a plain ground with
// meridians and parallels, in the colours of the page.
import { AttributionControl, Map as LibreMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, LngLatBoundsLike, StyleSpecification } from "maplibre-gl";

export type Bounds = [west: number, south: number, east: number, north: number];

export const around = { padding: 40, maxZoom: 15 }; // how all rows stand in a map

// What a page says of its map, in data attributes.
export interface Ground {
  worker?: string; // address of the script that reads tiles
  bounds?: string; // "west,south,east,north"
  base?: string; // tiles of the basemap
  credit?: string;
  name?: string; // for screen readers
  wordIn?: string;
  wordOut?: string;
  wordClose?: string;
}

export interface Inks {
  [role: string]: string;
}

export function inks(): Inks {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["sunken", "paper", "line", "ink", "ink-soft", "accent", "chart-1", "chart-2", "chart-8"].map((role) => [role, style.getPropertyValue(`--${role}`).trim()]));
}

export function libreMap(container: HTMLElement, d: Ground, style: StyleSpecification, more: Record<string, string> = {}): LibreMap {
  setWorkerUrl(new URL(d.worker ?? "", location.href).href);
  const map = new LibreMap({
    container,
    style,
    bounds: (d.bounds ?? "").split(",").map(Number) as LngLatBoundsLike,
    fitBoundsOptions: around,
    maxPitch: 0,
    dragRotate: false,
    rollEnabled: false,
    attributionControl: false,
    cooperativeGestures: false,
    fadeDuration: 0,
    locale: { "NavigationControl.ZoomIn": d.wordIn ?? "", "NavigationControl.ZoomOut": d.wordOut ?? "", "Popup.Close": d.wordClose ?? "", "Map.Title": d.name ?? "", ...more },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  if (d.base) map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  return map;
}

export function ground(d: Ground, ink: Inks): StyleSpecification {
  const style: StyleSpecification = {
    version: 8,
    sources: { lines: { type: "geojson", data: { type: "FeatureCollection", features: [] } } },
    layers: [{ id: "ground", type: "background", paint: { "background-color": ink.sunken } }],
  };
  if (d.base) {
    style.sources.base = { type: "raster", tiles: [d.base], tileSize: 256, attribution: text(d.credit ?? "") };
    style.layers.push({ id: "base", type: "raster", source: "base" });
  }
  style.layers.push({ id: "graticule", type: "line", source: "lines", paint: { "line-color": ink.line, "line-width": 1 } });
  return style;
}

export function view(map: LibreMap): Bounds {
  const b = map.getBounds();
  const clamp = (v: number, most: number) => Math.min(most, Math.max(-most, v));
  return [clamp(b.getWest(), 180), clamp(b.getSouth(), 85), clamp(b.getEast(), 180), clamp(b.getNorth(), 85)];
}

// Meridians and parallels of what is seen, about four of each.
export function graticule(map: LibreMap): void {
  const source = map.getSource<GeoJSONSource>("lines");
  if (!source || map.getSource("base")) return;
  const [west, south, east, north] = view(map);
  const raw = Math.max(east - west, 1e-6) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((n) => n * power >= raw) ?? 10) * power;
  const lines: [number, number][][] = [];
  for (let x = Math.floor(west / step) * step; x <= east; x += step) lines.push([[x, Math.max(south - step, -85)], [x, Math.min(north + step, 85)]]);
  for (let y = Math.floor(south / step) * step; y <= north; y += step) lines.push([[west - step, y], [east + step, y]]);
  source.setData({ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } });
}

// Draws the map anew whenever the appearance of the page changes, until what comes
// back is called.
export function followAppearance(map: LibreMap, style: () => StyleSpecification): () => void {
  const change = () => void map.setStyle(style());
  const themes = new MutationObserver(change);
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", change);
  return () => {
    themes.disconnect();
    dark.removeEventListener("change", change);
  };
}

// MapLibre takes credits as HTML: a setting is a text.
function text(s: string): string {
  const p = document.createElement("p");
  p.textContent = s;
  return p.innerHTML;
}
