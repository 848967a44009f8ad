import { backoffMs } from "./backoff.ts";
import type { Core } from "./core.ts";
import { RelayError } from "./errors.ts";
import type { Answer, Request } from "./line.ts";
import type { AckOptions } from "./types.ts";

/**
 * One request, asked under one messageId until it has its final answer: again after a silence, again after a
 * retryable error and its wait, again on the next connection. What a lost connection swallowed is not counted.
 */
export interface Errand {
  /** on the wire, unanswered */
  readonly flying: boolean;
  /** Asks, unless that was done already on this connection. */
  begin(): void;
  /** The connection is gone, or no longer good for asking. */
  pause(): void;
  /** No answer is wanted any more. */
  end(): void;
}

/** `silent` is called instead of asking again when no answer came in time. */
export function createErrand(
  { line, clock, random, backoff, ack }: Core,
  request: Request,
  done: (answer: Answer) => void,
  { timeoutMs, retries, silent }: AckOptions & { silent?: () => void } = ack,
): Errand {
  let phase: "idle" | "flying" | "waiting" | "done" = "idle";
  let asked = 0;
  let cancelTimer = () => {};

  function rest(next: "idle" | "done") {
    cancelTimer();
    phase = next;
  }

  function ask() {
    phase = "flying";
    asked++;
    cancelTimer = clock.after(timeoutMs, silent ?? again);
    if (!line.ask(request, hear)) pause();
  }

  function again() {
    if (asked <= retries) ask();
    else hear({ error: new RelayError("timeout", `No answer to ${request.type}`, { retryable: true }) });
  }

  function pause() {
    if (phase === "flying") asked--;
    if (phase !== "done") rest("idle");
  }

  function hear(answer?: Answer) {
    if (phase === "done") return;
    if (!answer) return pause();
    cancelTimer();
    if (answer.error?.retryable && asked <= retries) {
      phase = "waiting";
      cancelTimer = clock.after(answer.error.retryAfterMs ?? backoffMs(asked, backoff, random), ask);
    } else {
      phase = "done";
      done(answer);
    }
  }

  return {
    get flying() {
      return phase === "flying";
    },
    begin() {
      if (phase === "idle") ask();
    },
    pause,
    end() {
      rest("done");
      line.forget(request.messageId);
    },
  };
}
