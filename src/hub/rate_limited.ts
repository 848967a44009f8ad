import type { Clock, Fields, Logger } from "./ports.ts";

interface Window {
  endsMs: number;
  suppressed: number;
}

const EVERY_MS = 1000;

/**
 * A logger for what others can cause at will: at most one line of each event a second. `suppressed` says how
 * many were left out since the line before; metrics count them all.
 */
export function rateLimited(logger: Logger, clock: Clock): Logger {
  // events are names in our code: there are few
  const windows = new Map<string, Window>();

  function limited(event: string, fields: Fields | undefined, write: (fields?: Fields) => void): void {
    const nowMs = clock.monotonic();
    const window = windows.get(event);
    if (window && nowMs < window.endsMs) {
      window.suppressed++;
      return;
    }
    windows.set(event, { endsMs: nowMs + EVERY_MS, suppressed: 0 });
    write(window && window.suppressed > 0 ? { ...fields, suppressed: window.suppressed } : fields);
  }

  return {
    debug: (event, fields) => limited(event, fields, (all) => logger.debug(event, all)),
    info: (event, fields) => limited(event, fields, (all) => logger.info(event, all)),
    warn: (event, fields) => limited(event, fields, (all) => logger.warn(event, all)),
    error: (event, error, fields) => limited(event, fields, (all) => logger.error(event, error, all)),
  };
}
