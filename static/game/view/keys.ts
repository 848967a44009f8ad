import type { Controls } from "../model/controls.ts";

/** Keys that mean something to a button or a link that has the focus. */
const PRESSES = new Set(["Space", "Enter"]);

/** Hands the keyboard to the game, as long as nothing else on the page is meant. */
export function watchKeys(controls: Controls, until: AbortSignal): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isMeantElsewhere(event)) return;
    if (controls.down(event.code)) event.preventDefault();
  }, { signal: until });
  addEventListener("keyup", ({ code }) => controls.up(code), { signal: until });
  // who looks away does not run on
  addEventListener("blur", () => controls.release(), { signal: until });
  document.addEventListener("visibilitychange", () => document.hidden && controls.release(), {
    signal: until,
  });
}

function isMeantElsewhere({ target, code }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("dialog, input, textarea, select, pre")) return true;
  return PRESSES.has(code) && target.closest("button, a") !== null;
}
