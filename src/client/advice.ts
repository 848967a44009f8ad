/** What a close code tells a client to do. `shrink`: reconnect, without the message that was too big. */
export type Advice = "stop" | "reconnect" | "away" | "refresh" | "shrink";

/** Reads the table of section X, also for codes that are newer than this client. [X] */
export function adviceFor(code: number): Advice {
  if (FINAL.includes(code) || code >= 4500 && code <= 4999) return "stop";
  return SPECIAL[code] ?? "reconnect";
}

/** normal, bad data, text that is not UTF-8, policy */
const FINAL = [1000, 1003, 1007, 1008];
/** too big, the token expired, too fast */
const SPECIAL: Readonly<Record<number, Advice>> = { 1009: "shrink", 4000: "refresh", 4003: "away" };
