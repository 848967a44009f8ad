import { signal } from "@preact/signals";

export const THEMES = ["auto", "light", "dark"] as const;
/** `auto` follows the system. */
export type Theme = typeof THEMES[number];

/** The theme that the reader chose. */
export const theme = signal<Theme>("auto");

/** True for a theme that the pages have. */
export function isTheme(value: unknown): value is Theme {
  return THEMES.some((known) => known === value);
}
