import { type ReadonlySignal, signal } from "@preact/signals";

/** Follows a media query for as long as the page lives. */
export function matches(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const matching = signal(list.matches);
  list.addEventListener("change", () => matching.value = list.matches);
  return matching;
}
