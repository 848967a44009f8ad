import type { Counter, Logger } from "../hub/ports.ts";

/**
 * Keeps the isolate alive when something throws where nobody catches: one client's trouble must not cut all the
 * others. It is counted and logged, because each of these is a bug.
 */
export function guardUncaught(logger: Logger, uncaught: Counter): void {
  const note = (error: unknown) => {
    uncaught.add(1);
    logger.error("uncaught", error);
  };
  addEventListener("error", (event) => {
    event.preventDefault();
    note(event.error);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    note(event.reason);
  });
}
