import type { Island } from "../island";
import { Listbox, optionOf } from "../listbox";

// A search field that says what may be meant while one types. data-from answers
// {"groups": [{"label", "items": [{"label", "href"}]}]}; Enter without a choice
// searches, as it does without this.
type Group = { label: string; items: { label: string; href: string }[] };

const pause = 120; // ms
const shortest = 2; // characters

const suggest: Island = (element) => {
  const input = element.querySelector<HTMLInputElement>("input[type=search]");
  const { from, label, some, none } = element.dataset;
  if (!input || !from) return;
  const go = (option: HTMLElement): void => location.assign(option.dataset.href ?? "");
  const list = new Listbox(input, element, {
    pause,
    shortest,
    take: go,
    label: label ?? "",
    ask: async (q, signal) => {
      const answer = await fetch(`${from}?${new URLSearchParams({ q })}`, { signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const { groups } = (await answer.json()) as { groups: Group[] };
      return (box) => {
        const options: HTMLElement[] = [];
        groups.forEach((g, i) => {
          const group = document.createElement("div");
          const title = document.createElement("div");
          group.setAttribute("role", "group");
          title.setAttribute("role", "presentation");
          title.id = `${box.id}-${i}`;
          title.textContent = g.label;
          group.setAttribute("aria-labelledby", title.id);
          group.append(title);
          for (const item of g.items) {
            const option = optionOf(item.label);
            option.dataset.href = item.href;
            options.push(option);
            group.append(option);
          }
          box.append(group);
        });
        return { options, said: (options.length ? some : none) ?? "" };
      };
    },
  });
  input.addEventListener("input", () => list.typed());
  element.addEventListener("submit", (e) => {
    if (!list.chosen) return;
    e.preventDefault();
    go(list.chosen);
  });
};
export default suggest;
