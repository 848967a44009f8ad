import type { Identity } from "../hub/ports.ts";

/** Ways in that a token can be confined to. [C7] */
export type Door = "websocket" | "events" | "poll" | "send";

const PREFIX = "denbun:";

/**
 * Whether an identity may come in by this door. A token whose `scope` names doors (`denbun:events denbun:poll`) is
 * good for those alone; words of other parties are none of our business. [C7]
 */
export function opens({ scope = [] }: Identity, door: Door): boolean {
  const doors = scope.filter((word) => word.startsWith(PREFIX));
  return doors.length === 0 || doors.includes(PREFIX + door);
}
