import {
  isLanguage,
  type Language,
  language,
  locale,
  preferredLanguage,
  preferredLocale,
} from "./language.ts";
import { browserKeep } from "./storage.ts";
import { isTheme, type Theme, theme } from "./theme.ts";

const LANGUAGE_KEY = "language";
const THEME_KEY = "theme";
const keep = browserKeep(() => localStorage);

/** Applies the kept language and theme, or what the browser prefers. Call it before the first drawing. */
export function restorePreferences(): void {
  const kept = keep.get(LANGUAGE_KEY);
  applyLanguage(isLanguage(kept) ? kept : preferredLanguage(navigator.languages));
  const keptTheme = keep.get(THEME_KEY);
  applyTheme(isTheme(keptTheme) ? keptTheme : "auto");
}

/** Changes the language and remembers the choice. */
export function chooseLanguage(chosen: Language): void {
  keep.set(LANGUAGE_KEY, chosen);
  applyLanguage(chosen);
}

/** Changes the theme and remembers the choice. */
export function chooseTheme(chosen: Theme): void {
  keep.set(THEME_KEY, chosen === "auto" ? undefined : chosen);
  applyTheme(chosen);
}

function applyLanguage(chosen: Language): void {
  language.value = chosen;
  locale.value = preferredLocale(chosen, navigator.languages);
  document.documentElement.lang = chosen;
}

function applyTheme(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
