/** What `/api/status` says. */
export interface Posture {
  readonly guests: boolean;
  readonly tokens: boolean;
  readonly serverKey: boolean;
  readonly otherOrigins: boolean;
  readonly messageLimit: boolean;
  readonly connectionLimit?: boolean;
  readonly store?: string;
  readonly durable?: boolean;
}

/** What `/readyz` says. */
export interface Readiness {
  readonly store: string;
  readonly backplane: string;
  readonly draining: boolean;
  readonly untrustedProxy?: boolean;
}

/** As far as it can be told from here: right, worth a look, or not working. */
export type CheckState = "good" | "look" | "bad";

/** One line of the checklist: which of its sentences is true. The sentences are in `words.ts`. */
export interface Check<Id extends CheckId = CheckId> {
  readonly id: Id;
  readonly state: CheckState;
  readonly says: string;
}

export type CheckId = "tls" | "auth" | "origins" | "limits" | "serverKey" | "store" | "backplane" | "proxy";

/** What a realtime system needs before the public comes, and how it is here at this moment. */
export function checksOf(
  posture: Posture,
  readiness: Readiness,
  { protocol, hostname }: { readonly protocol: string; readonly hostname: string },
): readonly Check[] {
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  const { connectionLimit = true, durable = true } = posture;
  return [
    protocol === "https:"
      ? { id: "tls", state: "good", says: "on" }
      : { id: "tls", state: local ? "good" : "look", says: local ? "local" : "off" },
    posture.guests
      ? { id: "auth", state: "look", says: posture.tokens ? "both" : "guests" }
      : { id: "auth", state: "good", says: "tokens" },
    { id: "origins", state: "good", says: posture.otherOrigins ? "listed" : "own" },
    connectionLimit && posture.messageLimit
      ? { id: "limits", state: "good", says: "on" }
      : { id: "limits", state: "look", says: "off" },
    posture.serverKey
      ? { id: "serverKey", state: "good", says: "on" }
      : { id: "serverKey", state: "look", says: "off" },
    readiness.store !== "ok"
      ? { id: "store", state: "bad", says: "away" }
      : { id: "store", state: durable ? "good" : "look", says: durable ? "durable" : "memory" },
    readiness.backplane === "ok"
      ? { id: "backplane", state: "good", says: "heard" }
      : { id: "backplane", state: "bad", says: "away" },
    readiness.untrustedProxy
      ? { id: "proxy", state: "look", says: "untrusted" }
      : { id: "proxy", state: "good", says: "none" },
  ];
}
