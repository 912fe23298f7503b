// What every page has: menus that close, dialogs that open, the choice of appearance,
// islands, and htmx where a page uses it. A page reads and submits without any of this.
import islands from "islands:list";
import { dialogs } from "./dialogs";
import { menus } from "./menus";
import { appearance } from "./appearance";
import { trusted } from "./trusted";
import { signOuts } from "./signout";

const leave = new WeakMap<Element, () => void>();

function wake(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-island]:not([data-awake])").forEach(async (element) => {
    const load = islands[element.dataset.island ?? ""];
    if (!load) {
      console.error(`unknown island ${element.dataset.island}`);
      return;
    }
    element.dataset.awake = "soon";
    const end = await (await load()).default(element);
    if (end) leave.set(element, end);
    element.dataset.awake = "yes";
  });
}

async function partial(): Promise<void> {
  if (!document.querySelector("[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete], [hx-boost]")) return;
  // htmx reads its settings once, while it is being loaded.
  const settings = document.createElement("meta");
  settings.name = "htmx-config";
  settings.content = JSON.stringify({
    includeIndicatorStyles: false, // own styles only: the content policy allows nothing inline
    allowEval: false,
    allowScriptTags: false,
    selfRequestsOnly: true,
    defaultSettleDelay: 0, // a part that came obeys at once: who goes on choosing is not left behind
    historyCacheSize: 0, // pages of a signed-in person do not stay in the browser
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true }, // a form comes back with its mistakes
      { code: "[45]..", swap: false, error: true },
    ],
  });
  document.head.append(settings);
  document.body.addEventListener("htmx:load", (e) => {
    const part = e.target as HTMLElement;
    wake(part.parentNode ?? part);
    focusMistakes(part);
  });
  document.body.addEventListener("htmx:beforeCleanupElement", (e) => {
    leave.get(e.target as Element)?.();
    leave.delete(e.target as Element);
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, (e) => trouble((e as CustomEvent<{ xhr?: XMLHttpRequest }>).detail.xhr));
  }
  await import("htmx.org");
}

// Says that a part of the page did not come: in the words of the server where it has some.
function trouble(answer?: XMLHttpRequest): void {
  const place = document.getElementById("trouble");
  if (!place) return;
  const said = new DOMParser().parseFromString(answer?.responseText ?? "", "text/html").body.firstElementChild;
  if (said?.matches(".notice")) place.querySelector(".notice")?.replaceWith(document.adoptNode(said));
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

// After a refused form, the summary of mistakes takes the focus, so that it is read first.
function focusMistakes(root: ParentNode): void {
  root.querySelector<HTMLElement>("[data-focus]")?.focus();
}

trusted();
document.addEventListener("socle:fresh", (e) => wake(e.target as HTMLElement)); // a part that came anew
document.addEventListener("socle:trouble", () => trouble()); // a part that did not come

menus();
dialogs();
appearance();
signOuts();
wake(document);
void partial();

focusMistakes(document);
