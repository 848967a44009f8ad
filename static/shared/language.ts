import { signal } from "@preact/signals";

export const LANGUAGES = ["en", "ja"] as const;
export type Language = typeof LANGUAGES[number];

/** Texts of one page or component: the same keys in every language, held together by the types. */
export type Dictionary<T> = Readonly<Record<Language, T>>;

/** The language of the page. Components that read it are drawn again when it changes. */
export const language = signal<Language>("en");

/** The regional tag for dates and numbers, such as `en-GB` for a British reader of the English page. */
export const locale = signal("en");

/** The first language of the reader that the pages speak; English when there is none. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((known) => primary(tag) === known);
    if (found) return found;
  }
  return "en";
}

/** The reader's own regional form of a language, or the plain language. */
export function preferredLocale(chosen: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => primary(tag) === chosen) ?? chosen;
}

/** True for a language that the pages speak. */
export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((known) => known === value);
}

/** Makes a reader of `texts` in the language of the moment: `const say = speak({ en, ja }); say().send`. */
export function speak<T>(texts: Dictionary<T>): () => T {
  return () => texts[language.value];
}

function primary(tag: string): string {
  return tag.split("-", 1)[0]!.toLowerCase();
}
