/** The pages there are, in the order in which they are listed; the words for each are in `words.ts`. */
export const PAGES = ["chat", "feed", "notify", "dashboard", "editor", "game", "compare"] as const;
export type PageName = typeof PAGES[number];

/** Where a page is, seen from every page. */
export function hrefOf(page: PageName | "landing"): string {
  return page === "landing" ? "./" : page;
}
