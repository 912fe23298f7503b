// The little of Markdown that notes of a form use: paragraphs, lists, bold, italics,
// links. Everything is made as text: no HTML of a form reaches the page.
import { h } from "./dom";

function inline(text: string): (Node | string)[] {
  const out: (Node | string)[] = [];
  const pattern = /\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;
  let at = 0;
  for (let m = pattern.exec(text); m; m = pattern.exec(text)) {
    out.push(text.slice(at, m.index));
    if (m[1]) out.push(h("strong", {}, m[1]));
    else if (m[2]) out.push(h("em", {}, m[2]));
    else out.push(h("a", { href: m[4], rel: "noopener noreferrer" }, m[3]));
    at = pattern.lastIndex;
  }
  out.push(text.slice(at));
  return out;
}

export function markdown(text: string): HTMLElement[] {
  return text.slice(0, 20_000).split(/\n\s*\n/).filter((b) => b.trim()).map((block) => {
    const lines = block.trim().split("\n");
    if (lines.every((l) => /^\s*[-*] /.test(l))) return h("ul", {}, ...lines.map((l) => h("li", {}, ...inline(l.replace(/^\s*[-*] /, "")))));
    return h("p", {}, ...inline(lines.join(" ").replace(/^#+\s*/, "")));
  });
}
