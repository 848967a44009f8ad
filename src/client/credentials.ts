import type { Welcome } from "../protocol/messages.ts";
import type { Report } from "./observable.ts";
import type { Credential } from "./transports/transport.ts";
import type { RelayOptions } from "./types.ts";

/**
 * Who we say we are. A browser does not tell a refused handshake from a dead network: after any attempt that got no
 * welcome a token is asked for anew, but a guest's session is kept, since giving it up would make the same person
 * another user after every outage. Over HTTP a refusal is plain to see (401), and comes as `expired`.
 */
export interface Credentials {
  readonly session: string | undefined;
  /** What the next attempt shows. Rejects when the `token` option throws. */
  next(): Promise<Credential>;
  /** A fresh token for `authenticate`; `undefined` when there is nobody to ask. [C5] */
  renew(): Promise<string | undefined>;
  /** An attempt ended without a welcome. */
  refused(): void;
  welcomed(welcome: Welcome): void;
  /** The server will not have what was shown. False when no other can be had. */
  expired(): boolean;
}

export function createCredentials(
  { token: source, name, session, onSession }: Pick<RelayOptions, "token" | "name" | "session" | "onSession">,
  report: Report,
): Credentials {
  let token: string | undefined;

  function keep(next: string | undefined) {
    if (next === session) return;
    session = next;
    // not from within: it may close the relay
    Promise.resolve(next).then(onSession).catch(report);
  }

  async function renew() {
    return token = typeof source === "function" ? await source() : source;
  }

  return {
    get session() {
      return session;
    },
    next: async () => ({ token: token ?? await renew() ?? session, name }),
    renew: async () => typeof source === "function" ? await renew() : undefined,
    refused: () => token = undefined,
    welcomed: (welcome) => keep(welcome.session ?? session),
    expired() {
      token = undefined;
      // a guest's session ends with its token: what follows is a new guest
      keep(undefined);
      return typeof source !== "string";
    },
  };
}
