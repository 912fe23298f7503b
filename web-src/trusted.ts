// Trusted Types: where browsers have them, text reaches the parser, a script or a
// worker only through the policy made here, whatever library asks. Pages parse what the
// server wrote (pages, parts of pages, small pictures): HTML that holds a script which
// is no file of ours, a handler, or an address that runs something is refused.
type Rules = { createHTML(text: string): unknown; createScriptURL?(address: string): string };
type Policy = { createHTML(text: string): string };
type Factory = { createPolicy(name: string, rules: Rules): Policy };

const runs = /^[\s\u0000-\u001f]*(?:javascript|vbscript|data\s*:\s*text\/html)/i;

function ours(address: string): boolean {
  const url = new URL(address, location.href);
  return url.origin === location.origin && url.pathname.startsWith("/static/");
}

// The worker of the field application is served beside it: its place is its scope.
function isWorker(address: string): boolean {
  const url = new URL(address, location.href);
  return url.origin === location.origin && url.pathname === "/terrain/worker.js";
}

function active(element: Element): boolean {
  if (element instanceof HTMLScriptElement && element.type !== "application/ld+json" && !ours(element.getAttribute("src") ?? "about:blank")) return true;
  if (/^(?:object|embed|base)$/i.test(element.localName) || element.hasAttribute("srcdoc")) return true;
  for (const { name, value } of element.attributes) {
    if (name.startsWith("on") || (/^(?:href|src|action|formaction|xlink:href|data)$/.test(name) && runs.test(value) && !value.startsWith("data:image/"))) return true;
  }
  return false;
}

export function trusted(): void {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  if (!factory) return;
  // What it lets through is looked at in a document where nothing runs.
  const look = factory.createPolicy("look", { createHTML: (text) => text });
  factory.createPolicy("default", {
    createHTML(text) {
      const inert = new DOMParser().parseFromString(look.createHTML(text), "text/html");
      for (const root of [inert, ...[...inert.querySelectorAll("template")].map((t) => t.content)]) {
        for (const element of root.querySelectorAll("*")) if (active(element)) throw new TypeError(`active content is refused: ${element.localName}`);
      }
      return text;
    },
    createScriptURL(address) {
      if (!ours(address) && !isWorker(address)) throw new TypeError("not a script of this portal");
      return address;
    },
  });
}
