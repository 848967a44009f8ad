import type { Core } from "./core.ts";
import { type Deferred, deferred, onAbort } from "./deferred.ts";
import { createErrand, type Errand } from "./errand.ts";
import type { Answer, Request } from "./line.ts";

/** An errand that somebody waits for. Settling it ends the errand; settling it twice does nothing. */
export interface Task<T> extends Deferred<T> {
  readonly errand: Errand;
}

/** `aborted` is called when the caller's signal says so; the task's owner rejects it then. */
export function createTask<T>(
  core: Core,
  request: Request,
  answered: (answer: Answer) => void,
  signal: AbortSignal | undefined,
  aborted: (reason: unknown) => void,
): Task<T> {
  const { promise, resolve, reject } = deferred<T>();
  const errand = createErrand(core, request, answered);
  const unhook = onAbort(signal, aborted);
  const settle = <V>(how: (value: V) => void) => (value: V) => {
    errand.end();
    unhook();
    how(value);
  };
  return { errand, promise, resolve: settle(resolve), reject: settle(reject) };
}
