import { BEARER_PREFIX } from "../protocol/wire.ts";
import { sameOrigin } from "./origin.ts";
import { unauthorized } from "./unauthorized.ts";

/** The cookie that carries a token on same-origin requests. [C2] */
export const SESSION_COOKIE = "denbun_session";

/** What a request brings to say who it is. A cookie comes by itself, the others were put there by the caller. */
export interface Credential {
  readonly kind: "token" | "ticket" | "cookie";
  readonly secret: string;
}

/** An address is kept in histories and logs, so a token must not stand in one. */
const REFUSED_IN_QUERY = ["token", "access_token", "id_token", "jwt", "bearer", "authorization"];
const LOOKS_LIKE_JWT = /^(?:bearer[ .])?eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/i;

/**
 * Finds the credential of a request: `Authorization: Bearer`, a `bearer.` subprotocol, `?ticket=`, or the session
 * cookie on a same-origin request. [C2]
 * @throws {RelayError} `unauthorized` when a token stands in the address, or the header is of another scheme
 */
export function credentialOf({ url, headers }: Request): Credential | undefined {
  const query = url.includes("?") ? new URL(url).searchParams : undefined;
  if (query) refuseTokens(query);
  const token = fromAuthorization(headers) ?? fromSubprotocol(headers);
  if (token !== undefined) return { kind: "token", secret: token };
  const ticket = query?.get("ticket") ?? undefined;
  if (ticket !== undefined) return { kind: "ticket", secret: ticket };
  const cookie = sameOrigin(headers) ? fromCookie(headers) : undefined;
  return cookie === undefined ? undefined : { kind: "cookie", secret: cookie };
}

/** The names a client offered, in its order. */
export function offeredSubprotocols(headers: Headers): string[] {
  const offered = headers.get("sec-websocket-protocol");
  return offered === null ? [] : offered.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

function refuseTokens(query: URLSearchParams): void {
  for (const [name, value] of query) {
    const token = name !== "ticket" && LOOKS_LIKE_JWT.test(value);
    if (token || REFUSED_IN_QUERY.includes(name.toLowerCase())) {
      throw unauthorized("a token must not stand in the address; send it as a header or fetch a ticket");
    }
  }
}

/** What stands in `Authorization: Bearer`. */
export function bearerIn(headers: Headers): string | undefined {
  const value = headers.get("authorization");
  return value?.slice(0, 7).toLowerCase() === "bearer " ? value.slice(7).trim() : undefined;
}

function fromAuthorization(headers: Headers): string | undefined {
  const token = bearerIn(headers);
  // not `has`: it makes the runtime copy all headers, and keep them as long as the socket
  if (token !== undefined || headers.get("authorization") === null) return token;
  throw unauthorized("Authorization has to be Bearer");
}

function fromSubprotocol(headers: Headers): string | undefined {
  return offeredSubprotocols(headers).find((name) => name.startsWith(BEARER_PREFIX))?.slice(
    BEARER_PREFIX.length,
  );
}

function fromCookie(headers: Headers): string | undefined {
  for (const part of headers.get("cookie")?.split(";") ?? []) {
    const [name, value] = part.trim().split("=", 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return undefined;
}
