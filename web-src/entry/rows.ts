// The rows of repeats. The server makes the form again with one row more or one less,
// from what is typed; it takes the place of the one on the page. Chosen files stay.

// The form with other rows; throws when the server does not answer with it.
export async function withRows(element: HTMLElement, form: HTMLFormElement, typed: URLSearchParams, act: string): Promise<HTMLElement> {
  typed.set("act", act);
  const answer = await fetch(form.action, { method: "POST", body: typed, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector<HTMLElement>(".form-fill");
  if (!answer.ok || !fresh) throw new Error(`${form.action}: ${answer.status}`);
  const chosen = new Map([...files(element)].map((f) => [f.name, f.files]));
  const part = document.importNode(fresh, true);
  element.replaceWith(part);
  for (const input of files(part)) {
    const list = chosen.get(nameBefore(input.name, act));
    if (list?.length) input.files = list;
  }
  return part;
}

const files = (part: HTMLElement): NodeListOf<HTMLInputElement> => part.querySelectorAll<HTMLInputElement>("input[type=file]");

// The name that an input had: behind a row that was removed, the numbers have moved.
function nameBefore(name: string, act: string): string {
  const [, path, n] = /^remove:(.*)\[(\d+)\]$/.exec(act) ?? [];
  const begins = `v-${path}[`;
  if (path === undefined || !name.startsWith(begins)) return name;
  const at = parseInt(name.slice(begins.length), 10);
  return at < Number(n) ? name : `${begins}${at + 1}${name.slice(name.indexOf("]", begins.length))}`;
}

// Whoever adds a row goes on in it; whoever removes one, in what took its place.
export function focusRow(part: HTMLElement, act: string): void {
  const [, path, n] = /^(?:add|remove):(.*?)(?:\[(\d+)\])?$/.exec(act) ?? [];
  if (path === undefined) return;
  const rows = part.querySelectorAll<HTMLElement>(`[data-item="${CSS.escape(`v-${path}`)}"] > .form-row`);
  const row = rows[Math.min(Number(n ?? rows.length), rows.length - 1)];
  row?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
}
