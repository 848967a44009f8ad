/**
 * The relay over real HTTP: a listener on a port of its own, users with plain tokens, streams read as browsers do.
 * @module
 */
import type { Relay, RelayOptions } from "../../../src/relay.ts";
import type { ServeHandler } from "../../../src/transports/upgrade_guard.ts";
import { listen, type Listening } from "../../harness/server.ts";
import { plainTokens, User } from "./user.ts";

export { EventParser, type ParsedEvent } from "./event_parser.ts";
export { type AnyEnvelope, NoStream, type Received, Stream } from "./stream.ts";
export { plainTokens, type PolledPage, User } from "./user.ts";

export interface Site extends Listening {
  user(token: string): User;
}

/** Starts a relay that knows `plainTokens`; `seen` is told of each request. Ends with `await using`. */
export function site(options: Partial<RelayOptions> = {}, seen: (request: Request) => void = () => {}): Site {
  const around = ({ fetch }: Relay): ServeHandler => (request, info) => (seen(request), fetch(request, info));
  const listening = listen({ auth: plainTokens, ...options }, around);
  return Object.assign(listening, { user: (token: string) => new User(listening.url, token) });
}

/** A name for a session: 128 random bits. */
export function sid(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

/** What a store or a hub reaches in its own time: looked at until it is so. */
export async function eventually(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!await isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`it never came to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
