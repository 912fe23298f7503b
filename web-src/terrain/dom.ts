// Elements, without a framework: h makes one, text is always text.
import { icons } from "./icons";
import type { IconName } from "./icons";

type Child = Node | string | false | null | undefined | Child[];
type Props = Record<string, unknown>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [name, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) continue;
    if (name.startsWith("on") && typeof v === "function") e.addEventListener(name.slice(2), v as EventListener);
    else if (name === "value" && "value" in e) (e as unknown as { value: string }).value = String(v);
    else if (v === true) e.setAttribute(name, "");
    else e.setAttribute(name, String(v));
  }
  put(e, children);
  return e;
}

export function put(e: Element, children: Child[]): void {
  for (const c of children) {
    if (Array.isArray(c)) put(e, c);
    else if (c !== null && c !== undefined && c !== false) e.append(c);
  }
}

const drawn = new Map<IconName, Element>(); // icons that were read once

// An outline icon, always beside a word.
export function icon(name: IconName): Element {
  let svg = drawn.get(name);
  if (!svg) {
    svg = document.importNode(new DOMParser().parseFromString(icons[name], "image/svg+xml").documentElement, true);
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    drawn.set(name, svg);
  }
  return svg.cloneNode(true) as Element;
}

export function button(label: string, act: () => unknown, o: { kind?: "primary" | "quiet" | "danger"; icon?: IconName; class?: string; disabled?: boolean } = {}): HTMLButtonElement {
  return h("button", { type: "button", class: `button${o.kind ? ` button-${o.kind}` : ""}${o.class ? ` ${o.class}` : ""}`, disabled: o.disabled, onclick: () => void act() }, o.icon && icon(o.icon), h("span", {}, label));
}

export function link(label: string, href: string, o: { kind?: "primary" | "quiet"; icon?: IconName; class?: string } = {}): HTMLAnchorElement {
  return h("a", { href, class: `button${o.kind ? ` button-${o.kind}` : ""}${o.class ? ` ${o.class}` : ""}` }, o.icon && icon(o.icon), h("span", {}, label));
}

export type Tone = "good" | "look-here" | "wrong" | "information";
const toneIcon: Record<Tone, IconName> = { good: "circle-check", "look-here": "triangle-alert", wrong: "circle-alert", information: "info" };

export function notice(tone: Tone, title: string, ...children: Child[]): HTMLElement {
  return h("div", { class: `notice notice-${tone}`, role: tone === "wrong" ? "alert" : "status" }, icon(toneIcon[tone]), h("div", { class: "notice-body" }, h("p", { class: "notice-title" }, title), ...children));
}

// Asks before something that cannot be undone.
export function ask(title: string, text: string, act: string, cancel: string, danger = true): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "ask-title" });
    const close = (yes: boolean) => {
      dialog.close();
      dialog.remove();
      resolve(yes);
    };
    dialog.addEventListener("cancel", (e) => (e.preventDefault(), close(false)));
    dialog.append(h("h2", { id: "ask-title" }, title), h("p", {}, text), h("div", { class: "terrain-answers" }, button(act, () => close(true), { kind: danger ? "danger" : "primary" }), button(cancel, () => close(false))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
