import type { ClientClock } from "./types.ts";

/** Below the 5 s after which the server ends typing by itself. [J4] */
const REPEAT_MS = 3000;

/** Turns keystrokes into as few `typing_start` and `typing_end` as the others need. */
export function createOwnTyping(
  clock: ClientClock,
  tell: (type: "typing_start" | "typing_end") => boolean,
): (active?: boolean) => void {
  /** when they were told last that one types: never, unless they still believe it */
  let toldAt = -Infinity;
  return (active = true) => {
    const now = clock.now();
    if (active) {
      if (now - toldAt >= REPEAT_MS && tell("typing_start")) toldAt = now;
    } else {
      if (toldAt > -Infinity) tell("typing_end");
      toldAt = -Infinity;
    }
  };
}
