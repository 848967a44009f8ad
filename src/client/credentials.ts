import type { Welcome } from "../protocol/messages.ts";
import type { Report } from "./observable.ts";
import type { Credential } from "./transports/transport.ts";
import type { RelayOptions } from "./types.ts";

/**
 * Who we say we are. A browser does not tell a refused handshake from a dead network, so tokens are asked for
 * again after any attempt that got no welcome, and a guest's session is tested: an attempt without it shows
 * whether the server is up, and only if one with it then fails is it given up. Giving it up any sooner would
 * make the same person another user after every longer outage.
 */
export interface Credentials {
  readonly session: string | undefined;
  /** What the next attempt shows. Rejects when the `token` option throws. */
  next(): Promise<Credential>;
  /** A fresh token for `authenticate`; `undefined` when there is nobody to ask. [C5] */
  renew(): Promise<string | undefined>;
  /** An attempt ended without a welcome. */
  refused(): void;
  /** False when this welcome only proved that the server is up: connect again at once, now with the session. */
  welcomed(welcome: Welcome): boolean;
  /** The server called the token expired. False when no other can be had. */
  expired(): boolean;
}

/** After so many attempts in a row without a welcome, a guest's session comes under suspicion. */
const SUSPICIOUS = 2;

export function createCredentials(
  { token: source, name, session, onSession }: Pick<RelayOptions, "token" | "name" | "session" | "onSession">,
  report: Report,
): Credentials {
  let token: string | undefined;
  let failures = 0;
  let trial: "without" | "with" | undefined;

  function keep(next: string | undefined) {
    if (next === session) return;
    session = next;
    try {
      onSession?.(next);
    } catch (error) {
      report(error);
    }
  }

  async function renew() {
    return token = typeof source === "function" ? await source() : source;
  }

  return {
    get session() {
      return session;
    },
    async next() {
      const own = token ?? await renew();
      if (own || !session) return { token: own, name };
      if (!trial && failures && failures % SUSPICIOUS === 0) {
        trial = "without";
        return { name };
      }
      return { token: session, name };
    },
    renew: async () => typeof source === "function" ? await renew() : undefined,
    refused() {
      failures++;
      token = undefined;
      if (trial === "with") keep(undefined);
      trial = undefined;
    },
    welcomed(welcome) {
      failures = 0;
      if (trial === "without") {
        trial = "with";
        return false;
      }
      trial = undefined;
      keep(welcome.session ?? session);
      return true;
    },
    expired() {
      token = undefined;
      // a guest's session ends with its token: what follows is a new guest
      keep(undefined);
      return typeof source !== "string";
    },
  };
}
