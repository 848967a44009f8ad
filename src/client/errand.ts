import { backoffMs } from "./backoff.ts";
import type { Core } from "./core.ts";
import { type Deferred, deferred, onAbort } from "./deferred.ts";
import { RelayError } from "./errors.ts";
import type { Answer, Request } from "./line.ts";
import type { AckOptions } from "./types.ts";

/**
 * One request, asked under one messageId until it has its final answer: again after a silence, again after a
 * retryable error and its wait, again on the next connection. What a lost connection swallowed is not counted.
 * Settling its promise ends it.
 */
export interface Errand<T> extends Deferred<T> {
  /** on the wire, unanswered */
  readonly flying: boolean;
  /** Asks, unless that was done already on this connection. */
  begin(): void;
  /** The connection is gone, or no longer good for asking. */
  pause(): void;
}

interface ErrandOptions extends Partial<AckOptions> {
  /** Gets the final answer; the promise does, otherwise. */
  answered?(answer: Answer): void;
  /** is called instead of asking again when no answer came in time */
  silent?(): void;
  signal?: AbortSignal | undefined;
  /** The caller's signal says that nobody waits any more; the promise rejects, otherwise. */
  aborted?(reason: unknown): void;
}

export function createErrand<T>(
  core: Core,
  request: Request,
  options: ErrandOptions,
): Errand<T> {
  const { timeoutMs, retries, answered, silent = again, signal, aborted }: ErrandOptions & AckOptions = {
    ...core.ack,
    ...options,
  };
  const { promise, resolve, reject } = deferred<T>();
  let phase: "idle" | "flying" | "waiting" | "done" = "idle";
  let asked = 0;
  let cancelTimer = () => {};

  function ask() {
    phase = "flying";
    asked++;
    cancelTimer = core.clock.after(timeoutMs, silent);
    if (!core.line.ask(request, hear)) errand.pause();
  }

  function again() {
    if (asked <= retries) ask();
    else hear({ error: new RelayError("timeout", `No answer to ${request.type}`, { retryable: true }) });
  }

  function hear(answer?: Answer) {
    if (phase === "done") return;
    if (!answer) return errand.pause();
    cancelTimer();
    const { error } = answer;
    if (error?.retryable && asked <= retries) {
      phase = "waiting";
      cancelTimer = core.clock.after(error.retryAfterMs ?? backoffMs(asked, core.backoff, core.random), ask);
      return;
    }
    phase = "done";
    if (answered) answered(answer);
    else if (error) errand.reject(error);
    else errand.resolve(answer.payload as T);
  }

  /** Settling ends it, and settling twice does nothing. */
  const settle = <V>(how: (value: V) => void) => (value: V) => {
    cancelTimer();
    phase = "done";
    core.line.forget(request.messageId);
    unhook();
    how(value);
  };

  const errand: Errand<T> = {
    promise,
    resolve: settle(resolve),
    reject: settle(reject),
    get flying() {
      return phase === "flying";
    },
    begin() {
      if (phase === "idle") ask();
    },
    pause() {
      if (phase === "done") return;
      if (phase === "flying") asked--;
      cancelTimer();
      phase = "idle";
    },
  };
  const unhook = onAbort(signal, aborted ?? errand.reject);
  return errand;
}
