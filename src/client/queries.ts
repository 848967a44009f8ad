import type { Core } from "./core.ts";
import { createErrand, type Errand } from "./errand.ts";
import { RelayError } from "./errors.ts";
import type { Request } from "./line.ts";

/** Questions that may be open at once. */
const MAX_OPEN = 100;

/** A room's questions: they change nothing, so they go out side by side, and again after a cut. */
export interface Queries {
  ask<T>(request: Request, signal?: AbortSignal): Promise<T>;
  /** Open while the room is joined on this connection. While barred, open and new questions fail with this error. */
  gate(open: boolean, barred: RelayError | undefined): void;
}

export function createQueries(core: Core): Queries {
  const asked = new Set<Errand<never>>();
  let isOpen = false;
  let barred: RelayError | undefined;
  return {
    ask(request, signal) {
      const query = createErrand<never>(core, request, { signal });
      const forget = () => asked.delete(query);
      query.promise.then(forget, forget);
      if (signal?.aborted) query.reject(signal.reason);
      else if (barred) query.reject(barred);
      else if (asked.size < MAX_OPEN) asked.add(query);
      else query.reject(new RelayError("limit_exceeded", `${MAX_OPEN} questions wait`));
      if (isOpen) query.begin();
      return query.promise;
    },
    gate(open, error) {
      isOpen = open;
      barred = error;
      for (const query of asked) {
        if (error) query.reject(error);
        else if (open) query.begin();
        else query.pause();
      }
    },
  };
}
