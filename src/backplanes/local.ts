import type { Backplane } from "../hub/ports.ts";

/** The backplane of a node that is alone: there is nobody to tell. */
export function local(): Backplane {
  return { publish() {}, subscribe: () => () => {}, close() {} };
}
