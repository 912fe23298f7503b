// A menu is a <details class="menu">: Escape and a click elsewhere close it.
export function menus(): void {
  const close = (except: Node | null) =>
    document.querySelectorAll<HTMLDetailsElement>("details.menu[open]").forEach((menu) => {
      if (!except || !menu.contains(except)) menu.open = false;
    });
  document.addEventListener("click", (e) => close(e.target as Node));
  document.addEventListener("focusin", (e) => close(e.target as Node));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    const menu = (document.activeElement ?? document.body).closest<HTMLDetailsElement>("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
