export const THEME_KEY = "socle-theme";
