import type { Island } from "../island";

// A page of a table that follows it: when the table has a new version the page is
// fetched again and this part of it replaced. data-events is the stream of events,
// data-version the version that is shown. A page in the background waits until it is
// looked at. Where the fresh part is not live, it is the last one: it follows by itself.
const live: Island = (element) => {
  const { events, version } = element.dataset;
  if (!events || !element.id) return;
  let shown = Number(version ?? 0);
  let newest = shown;
  let busy = false;
  const refresh = async (): Promise<void> => {
    if (busy || newest <= shown || document.hidden || element.contains(document.activeElement)) return;
    busy = true;
    const asked = newest;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(element.id);
        if (fresh) {
          element.replaceChildren(...[...fresh.childNodes].map((n) => document.importNode(n, true)));
          element.dispatchEvent(new CustomEvent("socle:fresh", { bubbles: true }));
          if (fresh.dataset.island !== "live") source.close();
        }
        shown = asked;
      }
    } catch {
      // the next event tries again
    } finally {
      busy = false;
    }
    if (newest > shown) setTimeout(() => void refresh(), 500);
  };
  const source = new EventSource(events);
  source.addEventListener("version", (event) => {
    newest = Math.max(newest, Number((JSON.parse((event as MessageEvent<string>).data) as { number: number }).number));
    void refresh();
  });
  const looked = (): void => void refresh();
  document.addEventListener("visibilitychange", looked);
  element.addEventListener("focusout", looked);
  return () => {
    source.close();
    document.removeEventListener("visibilitychange", looked);
  };
};
export default live;
