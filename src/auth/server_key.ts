import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { strongSecrets } from "./secret_strength.ts";
import { unauthorized } from "./unauthorized.ts";

/**
 * The key of the application's own servers: one, or two while they are rotated. Only digests are kept and compared,
 * all of them and all of each, so that the time an answer takes says nothing of how wrong a key was. [S0]
 */
export class ServerKey {
  readonly #digests: Promise<readonly Uint8Array[]>;
  readonly #exists: boolean;

  /** @throws {RangeError} when a key is weak */
  constructor(keys: readonly string[]) {
    this.#exists = keys.length > 0;
    this.#digests = Promise.all(strongSecrets("a server key", keys).map(digest));
  }

  /**
   * Lets a server in.
   * @throws {RelayError} `forbidden` without a configured key and for pages, `unauthorized` for a wrong key
   */
  async check(headers: Headers): Promise<void> {
    if (!this.#exists) {
      throw new RelayError(ErrorCode.forbidden, "Cannot use the server API: no server key is configured");
    }
    if (headers.has("origin") || headers.has("sec-fetch-site")) {
      throw new RelayError(ErrorCode.forbidden, "Cannot use the server API: it is not for browsers");
    }
    const authorization = headers.get("authorization") ?? "";
    const isBearer = authorization.slice(0, 7).toLowerCase() === "bearer ";
    const given = await digest(isBearer ? authorization.slice(7).trim() : "");
    let right = 0;
    for (const known of await this.#digests) right |= same(known, given);
    if (right !== 1) throw unauthorized("the server key is not right");
  }
}

/** 1 or 0, after as many steps either way. */
function same(a: Uint8Array, b: Uint8Array): number {
  let different = 0;
  for (let n = 0; n < a.length; n++) different |= a[n]! ^ b[n]!;
  return different === 0 ? 1 : 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
