// Runs before the page is drawn: the appearance that this reader chose earlier.
import { THEME_KEY } from "./themekey";

try {
  const theme = localStorage.getItem(THEME_KEY);
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // storage is forbidden: the appearance follows the system
}
document.documentElement.dataset.script = "on";
