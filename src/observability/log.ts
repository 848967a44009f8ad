import type { Fields, Logger } from "../hub/ports.ts";
import { byteLength } from "../protocol/byte_length.ts";

/** What is written: lines of this level and those above it. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
export const LogLevels = ["debug", "info", "warn", "error", "silent"] as const satisfies readonly LogLevel[];

/** The longest line in bytes: names and reasons come from outside. A stack needs more room. */
const MAX_LINE = 1024;
const MAX_LINE_WITH_STACK = 4096;
const SHORTEST_TEXT = 16;

/**
 * Characters JSON leaves as they are that a terminal or a reader of logs may act on: DEL, the C1 controls (U+009B
 * begins an escape sequence), line separators, and what changes the direction of writing.
 */
const UNSAFE = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * One JSON object a line: `{"time","level","event",…fields}`. Control characters are escaped, so nothing from
 * outside can forge a line or drive a terminal, and long texts are cut. Message bodies and credentials are never
 * fields. [C16]
 */
export function jsonLines(level: LogLevel, write: (line: string) => void = toStdout): Logger {
  const from = LogLevels.indexOf(level);
  const line = (at: LogLevel, event: string, fields?: Fields) => {
    if (LogLevels.indexOf(at) < from) return;
    write(lineOf({ time: new Date().toISOString(), level: at, event, ...fields }));
  };
  return {
    debug: (event, fields) => line("debug", event, fields),
    info: (event, fields) => line("info", event, fields),
    warn: (event, fields) => line("warn", event, fields),
    error(event, error, fields) {
      const cause = error instanceof Error ? error : new Error(String(error));
      line("error", event, { ...fields, error: cause.name, reason: cause.message, stack: cause.stack });
    },
  };
}

/** For tests and embedders that want quiet. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function lineOf(record: Fields): string {
  const max = record.stack === undefined ? MAX_LINE : MAX_LINE_WITH_STACK;
  let text = encode(record);
  for (let length = max / 2; !fits(text, max) && length >= SHORTEST_TEXT; length /= 2) {
    text = encode(
      Object.fromEntries(Object.entries(record).map(([key, value]) => [key, shorten(value, length)])),
    );
  }
  return text;
}

function encode(record: Fields): string {
  return JSON.stringify(record).replace(UNSAFE, escape) + "\n";
}

function escape(character: string): string {
  return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}

function fits(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || byteLength(text) <= maxBytes;
}

function shorten(value: Fields[string], length: number): Fields[string] {
  return typeof value === "string" && value.length > length ? value.slice(0, length) + "…" : value;
}

const encoder = new TextEncoder();

/** A full disk or a closed pipe must not end the relay: a line that cannot be written is lost. */
function toStdout(line: string): void {
  try {
    for (let rest = encoder.encode(line); rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch {
    // there is nowhere left to say it
  }
}
