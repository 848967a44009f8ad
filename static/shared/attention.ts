import { type ReadonlySignal, signal } from "@preact/signals";

/** True while the page is in front and has the focus: what is on it then is being looked at. */
export function watchAttention(until: AbortSignal): ReadonlySignal<boolean> {
  const looking = () => document.visibilityState === "visible" && document.hasFocus();
  const attentive = signal(looking());
  const update = () => attentive.value = looking();
  for (const type of ["focus", "blur", "pageshow", "pagehide"]) {
    addEventListener(type, update, { signal: until });
  }
  document.addEventListener("visibilitychange", update, { signal: until });
  return attentive;
}
