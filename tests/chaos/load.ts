import type { WireClient } from "./wire_client.ts";

/** How much is published, by whom in turn, and where. */
export interface Load {
  readonly publishers: readonly WireClient[];
  readonly perSecond: number;
  readonly forMs: number;
  /** the room of the publisher with this index */
  readonly roomOf: (publisher: number) => string;
  readonly text: () => string;
}

/** Publishes at a rate for a while; what is not answered at its end goes on waiting. */
export function load({ publishers, perSecond, forMs, roomOf, text }: Load): Promise<void> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    let n = 0;
    const timer = setInterval(() => {
      const passedMs = performance.now() - startMs;
      for (const due = passedMs / 1000 * perSecond; n < due; n++) {
        const at = n % publishers.length;
        publishers[at]!.send(roomOf(at), text());
      }
      if (passedMs < forMs) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
}
