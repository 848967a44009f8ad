import type { Fields, Logger } from "../hub/ports.ts";

/** Why the process ended, for who starts it again. */
export const ExitCode = {
  stopped: 0,
  failed: 1,
  /** the environment is not right: starting again does not help */
  config: 2,
  /** an isolate could not be ended any more (`EX_SOFTWARE`) */
  stuck: 70,
  /** more memory than it may have (`EX_OSERR`) */
  memory: 71,
} as const;
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** Ends the process; a second call ends it at once. */
export type End = (exitCode: ExitCode, why: Fields) => void;

/** After this long a shutdown that is not done is ended. */
const HARD_STOP_MS = 4500;

/** Makes what stops in an orderly way, within 4.5 s, and ends the process. */
export function orderlyEnd(logger: Logger, stop: () => Promise<void>): End {
  let stopping = false;
  return (exitCode, why) => {
    if (stopping) Deno.exit(ExitCode.failed);
    stopping = true;
    logger.info("stopping", { ...why, exitCode });
    setTimeout(() => Deno.exit(exitCode || ExitCode.failed), HARD_STOP_MS);
    stop().then(() => {
      logger.info("stopped", { exitCode });
      Deno.exit(exitCode);
    }, (error) => {
      logger.error("stop_failed", error);
      Deno.exit(exitCode || ExitCode.failed);
    });
  };
}

/** Says in one line why nothing was started, and ends the process. Only a fault of the program's own has a stack. */
export function failStart(error: unknown): never {
  const isOurs = error instanceof TypeError || error instanceof ReferenceError || !(error instanceof Error);
  const hint = error instanceof Deno.errors.AddrInUse ? "; another PORT may be free" : "";
  const reason = isOurs ? Deno.inspect(error) : error.message + hint;
  Deno.stderr.writeSync(new TextEncoder().encode(`Cannot start: ${reason}\n`));
  Deno.exit(ExitCode.failed);
}

/** Ends with 0 on SIGINT and SIGTERM. */
export function endOnSignals(end: End): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => end(ExitCode.stopped, { signal }));
  }
}
