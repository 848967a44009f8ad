import type { ClientClock } from "./types.ts";

/** Below the 5 s after which the server ends typing by itself. [J4] */
const REPEAT_MS = 3000;

/** Turns keystrokes into as few `typing_start` and `typing_end` as the others need. */
export function createOwnTyping(
  clock: ClientClock,
  tell: (type: "typing_start" | "typing_end") => boolean,
): (active: boolean) => void {
  let toldAt: number | undefined;
  return (active) => {
    const now = clock.now();
    if (active) {
      if ((toldAt === undefined || now - toldAt >= REPEAT_MS) && tell("typing_start")) toldAt = now;
    } else {
      if (toldAt !== undefined) tell("typing_end");
      toldAt = undefined;
    }
  };
}
