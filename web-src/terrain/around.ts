// What is around: a map that needs no network, and the same as a list.
import { metres } from "../expression";
import type { Application, View } from "./application";
import { button, h, icon, notice } from "./dom";
import { homePage } from "./home";
import { FieldMap } from "./map";
import { nameOf } from "./definition";
import { placedOf } from "./near";
import type { Near } from "./near";
import { follow, lastFix } from "./position";
import type { Fix } from "./position";
import { answersOf } from "./queue";
import { distance, number, t } from "./words";

const listed = 30;

export async function around(app: Application, id: string): Promise<View> {
  const form = await app.form(app.phone.part(), id);
  if (!form?.definition.place) return homePage(app);
  const d = form.definition;
  const points = await placedOf(app.store, form);
  let fix: Fix | null = lastFix();
  const said = h("p", { class: "soft", role: "status" }, t("around.searching"));
  const list = h("ul", { class: "terrain-list", role: "list" });
  const chosen = h("div");
  const name = (n: Near) => nameOf(d, n.entry.values) || t("entry.untitled");
  const map = new FieldMap({ chosen: (found) => show(found) });
  const show = (found: Near[]) => {
    chosen.replaceChildren(...found.slice(0, 5).map((n) => h("div", { class: "terrain-found" }, h("h2", {}, name(n)), answersOf(d, n.entry.values))));
    chosen.scrollIntoView({ block: "nearest" });
  };
  const draw = () => {
    map.show({ points, communes: app.communes, outlines: app.outlines, fix });
    for (const p of points) p.metres = fix ? metres([fix.lon, fix.lat], p.at) : 0;
    if (fix) points.sort((a, b) => a.metres - b.metres);
    list.replaceChildren(...points.slice(0, listed).map((n) => h("li", { class: "terrain-pair" }, button(name(n), () => show([n]), { kind: "quiet" }), fix ? h("span", { class: "soft" }, distance(n.metres)) : null, n.here ? h("span", { class: "terrain-state terrain-state-look" }, icon("smartphone"), h("span", {}, t("state.waiting"))) : null)));
    if (fix) said.textContent = t("position.accuracy", { Accuracy: number(fix.accuracy) });
  };
  const end = follow((f) => ((fix = f), draw()), (why) => (said.textContent = t(`position.${why}`)));
  const element = h("div", {},
    h("p", { class: "terrain-back" }, h("a", { href: `#form/${id}` }, icon("arrow-left"), h("span", {}, d.title))),
    h("h1", { tabindex: -1 }, t("around.title")), said, map.canvas,
    h("div", { class: "terrain-acts terrain-thirds" }, button(t("around.nearer"), () => map.zoom(1.7), { icon: "plus" }), button(t("around.farther"), () => map.zoom(1 / 1.7), { icon: "minus" }), button(t("around.me"), () => (map.frame(), map.draw()), { icon: "map-pin" })),
    chosen, h("h2", {}, t("around.list", { Count: points.length })), points.length ? list : notice("information", t("around.none")));
  requestAnimationFrame(draw);
  const stop = app.onTerritory(draw); // contours that come later
  return { element, title: t("around.title"), close: () => (end(), stop()) };
}
