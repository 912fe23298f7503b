// The place of an entry: written, found by the phone, or set on a map. The field that
// is sent stays the one with "longitude, latitude"; the rest writes into it.
import type { Picker, PickerSettings } from "../maps/pointpicker";

export type Word = (name: string) => string;

// "1.4442, 43.6045" as a place; null when it is not one.
export function readPlace(text: string): [lon: number, lat: number] | null {
  const m = /^\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!m) return null;
  const [lon, lat] = [Number(m[1]), Number(m[2])];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

export function placeField(input: HTMLInputElement, settings: PickerSettings, word: Word): () => void {
  const acts = document.createElement("div");
  acts.className = "place-acts";
  const said = document.createElement("p");
  said.className = "help";
  said.setAttribute("role", "status");
  const box = document.createElement("div");
  box.className = "map-pick";
  box.id = `${input.id}-map`;
  box.hidden = true;
  const keys = document.createElement("p");
  keys.className = "help";
  keys.textContent = word("keys");
  keys.hidden = true;
  let picker: Picker | undefined;
  let accuracy = 0;
  let own = false; // what is written comes from here

  const write = (lon: number, lat: number): void => {
    own = true;
    input.value = `${lon}, ${lat}`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    own = false;
  };
  const button = (text: string): HTMLButtonElement => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "button";
    b.textContent = text;
    acts.append(b);
    return b;
  };
  if (settings.worker) {
    const open = button(word("map"));
    open.setAttribute("aria-expanded", "false");
    open.setAttribute("aria-controls", box.id);
    const toggle = async (): Promise<void> => {
      box.hidden = keys.hidden = !box.hidden;
      open.setAttribute("aria-expanded", String(!box.hidden));
      open.textContent = word(box.hidden ? "map" : "mapclose");
      if (box.hidden || picker) return;
      open.disabled = true; // while the map comes
      try {
        const { pointPicker } = await import("../maps/pointpicker");
        picker = await pointPicker(box, settings, (lon, lat) => {
          accuracy = 0;
          said.textContent = word("placed").replace("%", `${lon}, ${lat}`);
          write(lon, lat);
        });
        picker.show(readPlace(input.value), accuracy);
      } catch (e) {
        console.error(e);
        box.hidden = keys.hidden = true;
        said.textContent = word("mapfailed");
      }
      open.disabled = false;
      box.querySelector<HTMLElement>("canvas")?.focus();
    };
    open.addEventListener("click", () => void toggle());
  }
  if (navigator.geolocation) {
    button(word("place")).addEventListener("click", () => {
      said.textContent = word("placing");
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          accuracy = coords.accuracy;
          const at: [number, number] = [Number(coords.longitude.toFixed(6)), Number(coords.latitude.toFixed(6))];
          picker?.show(at, accuracy);
          write(...at);
          said.textContent = word("accuracy").replace("%", String(Math.round(coords.accuracy)));
        },
        () => (said.textContent = word("denied")),
        { enableHighAccuracy: true, timeout: 20_000, maximumAge: 5_000 },
      );
    });
  }
  input.addEventListener("input", () => {
    if (own) return;
    accuracy = 0;
    said.textContent = "";
    picker?.show(readPlace(input.value));
  });
  input.after(acts, said, box, keys);
  return () => picker?.close();
}
