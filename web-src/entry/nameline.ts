// Under the number of a company, the name that the portal knows it by.
import type { Proposal } from "./combobox";

export function nameLine(input: HTMLInputElement, known: (q: string) => Promise<Proposal[]>): (p: Proposal) => void {
  const line = document.createElement("p");
  line.className = "help";
  line.setAttribute("role", "status");
  input.after(line);
  let shown = "";
  const show = (number: string, name: string): void => {
    shown = number;
    line.textContent = name;
  };
  const look = async (): Promise<void> => {
    const number = input.value.replace(/\s/g, "");
    if (number === shown) return;
    show("", "");
    if (!/^(\d{9}|\d{14})$/.test(number)) return;
    shown = number;
    try {
      const found = (await known(number)).find((p) => p.value === number);
      if (found && shown === number) line.textContent = found.label;
    } catch {
      // without network there is no name
    }
  };
  input.addEventListener("input", () => void look());
  void look();
  return (p) => show(p.value, p.label);
}
