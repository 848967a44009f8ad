import { onAbort } from "./deferred.ts";
import { RelayError } from "./errors.ts";
import { createEmitter, type Emitter, type Report } from "./observable.ts";
import type { Room, RoomEventItem, RoomEvents } from "./types.ts";

/** How far a reader of `events()` may be behind. */
const MAX_WAITING = 1000;

/** Who listens to a room, by callback or by iteration. */
export interface Listeners extends Pick<Room, "on" | "events"> {
  emit(type: string, payload: unknown): void;
}

/** Iterations end when `gone` aborts. */
export function createListeners(gone: AbortSignal, report: Report): Listeners {
  const emitters = new Map<string, Emitter<never>>();

  function on<P>(type: string, fn: (payload: P) => void): () => void {
    const emitter = emitters.get(type) ?? createEmitter<never>(report);
    emitters.set(type, emitter);
    return emitter.listen(fn);
  }

  async function* events<K extends keyof RoomEvents>(
    types: readonly K[],
    { signal }: { signal?: AbortSignal } = {},
  ) {
    const waiting: RoomEventItem<K>[] = [];
    let wake = () => {};
    const stops = types.map((type) =>
      on(type, (payload) => {
        if (waiting.length <= MAX_WAITING) waiting.push({ type, payload } as RoomEventItem<K>);
        wake();
      })
    );
    for (const end of [gone, signal]) stops.push(onAbort(end, () => wake()));
    try {
      while (true) {
        if (waiting.length > MAX_WAITING) {
          throw new RelayError("overflow", `Over ${MAX_WAITING} events wait`);
        }
        if (waiting.length) yield waiting.shift()!;
        else if (gone.aborted || signal?.aborted) return;
        else await new Promise<void>((resolve) => wake = resolve);
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  return {
    on,
    events,
    emit: (type, payload) => emitters.get(type)?.emit(payload as never),
  };
}
