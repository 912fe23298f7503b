// What a control of a question is given, and what it gives.
import type { Proposal } from "../entry/combobox";
import type { Commune } from "./communes";
import type { Attached, Choice, Item } from "./definition";
import { h } from "./dom";
import type { Near } from "./near";
import type { Outline } from "./outline";
import type { Fix } from "./position";
import { t } from "./words";

// What a control needs of the form it stands in.
export interface Surface {
  id: string; // of the control: its label names it
  value: string;
  described: string; // ids of help and problem
  set(text: string, byItself?: boolean): void; // byItself: nobody has done anything
  attach(file: File | null): Promise<Attached | null>;
  preview(): Promise<Blob | undefined>;
  communes(): Commune[];
  outlines(): readonly Outline[];
  onTerritory(told: () => void): void; // communes and outlines have come
  around(): Promise<Near[]>; // what is known of the same form and has a place
  propose(kind: Proposes, q: string, signal?: AbortSignal): Promise<Proposal[]>; // of the portal; Cut without network
  accuracy(): number; // metres, of the position that the phone found; 0: it is not the phone's
  precise(accuracy: number): void;
  placed(fix: Fix | null): void; // the position of the entry is known: what is near it?
  stop(end: () => void): void; // called when the form closes
}

// What the portal completes answers with (internal/proposal).
export type Proposes = "" | "commune" | "commune-name" | "siret" | "siren" | "address";

export interface Widget {
  element: HTMLElement;
  grouped?: boolean; // several fields: it wants a fieldset
  refresh?(value: string): void;
  offer?(choices: Choice[]): void; // those that another answer leaves
}

export type Maker = (it: Item, s: Surface) => Widget;

// The field of one line that most questions have.
export function inputOf(it: Item, s: Surface, props: Record<string, unknown>): HTMLInputElement {
  return h("input", { id: s.id, class: "input", "aria-describedby": s.described, autocomplete: "off", readonly: it.read_only, required: it.required, ...props });
}

// What stands in an empty field: that it is an example is said, so that nobody takes it for an answer.
export const exampleOf = (it: Item): string | undefined => (it.example ? t("placeholder", { Example: it.example }) : undefined);

// A number is kept with a point, as tables have it, whatever the keyboard has.
export const decimal = (v: string) => v.trim().replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
