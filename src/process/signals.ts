import type { Logger } from "../hub/ports.ts";

/** After this long a shutdown that is not done is ended. */
const HARD_STOP_MS = 4500;

/** Stops in an orderly way on SIGINT and SIGTERM and exits 0; a second signal exits at once. */
export function stopOnSignals(logger: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: Deno.Signal) => {
    if (stopping) Deno.exit(1);
    stopping = true;
    logger.info("stopping", { signal });
    setTimeout(() => Deno.exit(1), HARD_STOP_MS);
    stop().then(() => {
      logger.info("stopped");
      Deno.exit(0);
    }, (error) => {
      logger.error("stop_failed", error);
      Deno.exit(1);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => onSignal(signal));
}
