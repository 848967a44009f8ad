import type { Position } from "../protocol/position.ts";
import type { ClientClock } from "./types.ts";

/** Scrolling through a room marks many messages: the server hears of the last one. */
const REST_MS = 300;

/** Tells how far one has read: only forward, and again after a cut, since such a mark gets no ack. [A4] */
export interface ReadMarker {
  mark(position: Position): void;
  /** The room is joined, in this epoch: what was said before the cut may be lost. */
  open(epoch: string): void;
  stop(): void;
}

export function createReadMarker(
  clock: ClientClock,
  tell: (mark: { epoch: string; upTo: number }) => boolean,
): ReadMarker {
  let wanted: Position | undefined;
  let told: Position | undefined;
  let cancelRest: (() => void) | undefined;

  function stop() {
    cancelRest?.();
    cancelRest = undefined;
  }

  function flush() {
    stop();
    if (!wanted || wanted === told || !tell({ epoch: wanted.epoch, upTo: wanted.offset })) return;
    told = wanted;
    cancelRest = clock.after(REST_MS, flush);
  }

  return {
    mark(position) {
      if (wanted?.epoch === position.epoch && position.offset <= wanted.offset) return;
      wanted = position;
      if (!cancelRest) flush();
    },
    open(epoch) {
      told = undefined;
      if (wanted?.epoch !== epoch) wanted = undefined;
      flush();
    },
    stop,
  };
}
