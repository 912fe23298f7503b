import { THEME_KEY } from "./themekey";

// The choice of appearance stays in this browser: pages are the same for everyone.
export function appearance(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-appearance]");
  if (!form) return;
  const now = document.documentElement.dataset.theme ?? "auto";
  form.querySelectorAll<HTMLInputElement>("input[name=theme]").forEach((input) => {
    input.checked = input.value === now;
    input.addEventListener("change", () => {
      try {
        if (input.value === "auto") localStorage.removeItem(THEME_KEY);
        else localStorage.setItem(THEME_KEY, input.value);
      } catch {
        // not remembered, but shown on this page
      }
      if (input.value === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = input.value;
    });
  });
  form.hidden = false;
}
