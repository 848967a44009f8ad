import type { Violation } from "./checker.ts";
import type { RunEvent } from "./events.ts";

/** What led to a violation, one line an event: all of it, or the last `limit` lines. */
export function traceOf(events: readonly RunEvent[], violation: Violation, limit = 80): string {
  const end = violation.at === -1 ? events.length : violation.at + 1;
  const lines = events.slice(0, end).map(lineOf);
  const left = lines.length - limit;
  return [...left > 0 ? [`  … ${left} lines before`] : [], ...lines.slice(-limit)].join("\n");
}

function lineOf(event: RunEvent): string {
  const { ev, t, conn, client: _, ...rest } = event as Record<string, unknown> & RunEvent & {
    t?: number;
    conn?: string;
    client?: string;
  };
  const time = t === undefined ? "" : t.toFixed(1);
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${shortOf(value)}`);
  return `${time.padStart(9)} ${(conn ?? "").padEnd(8)} ${ev} ${fields.join(" ")}`;
}

function shortOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 90 ? `${text.slice(0, 60)}… (${text.length})` : text;
}
