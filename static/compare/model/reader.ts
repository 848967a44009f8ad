import type { Meter } from "./meter.ts";
import { sentMsOf } from "./source.ts";

/** One way to read the room. */
export interface Reader {
  /** Begins, or goes on from where it was. */
  start(): void;
  /** Ends it, at once and without a good-bye, as a cut does. */
  stop(): void;
}

/** Where a reader is, and what it is measured by. */
export interface Reading {
  readonly roomId: string;
  readonly meter: Meter;
  /** `epoch.offset` of the last message that came: every reader goes on from there */
  position: string;
  /** the pause between two polls, in ms */
  readonly pollEveryMs: () => number;
}

/** A stored message, as every transport carries it. */
export interface Message {
  readonly type: string;
  readonly payload: { readonly epoch: string; readonly offset: number; readonly content: string };
}

/**
 * What the headers of a request and its answer come to together, about: a page cannot look at them. Chromium's were
 * 720 to 870 up, a guest's cookie included, and 150 to 190 down, or 540 where the cookie was set anew.
 */
export const HEADER_BYTES = 1000;

/** Takes note of messages, in their order. */
export function take(reading: Reading, messages: readonly Message[]): void {
  for (const { type, payload: { epoch, offset, content } } of messages) {
    if (type !== "new_message") continue;
    reading.position = `${epoch}.${offset}`;
    reading.meter.message(offset, sentMsOf(content));
  }
}

const encoder = new TextEncoder();

export function bytesOf(text: string): number {
  return encoder.encode(text).byteLength;
}
