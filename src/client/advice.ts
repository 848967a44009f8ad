/** What a close code tells a client to do. `shrink`: reconnect, without the message that was too big. */
export type Advice = "stop" | "reconnect" | "away" | "refresh" | "shrink";

/** Reads the table of section X, also for codes that are newer than this client. [X] */
export function adviceFor(code: number): Advice {
  switch (code) {
    case 1000: // normal
    case 1003: // bad data
    case 1007: // text that is not UTF-8
    case 1008: // policy
      return "stop";
    case 1009:
      return "shrink";
    case 4000: // the token expired
      return "refresh";
    case 4003: // too fast
      return "away";
    default:
      return code >= 4500 && code <= 4999 ? "stop" : "reconnect";
  }
}
