import { createHash, timingSafeEqual } from "node:crypto";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { bearerIn } from "./credentials.ts";
import { strongSecrets } from "./secret_strength.ts";
import { unauthorized } from "./unauthorized.ts";

/**
 * The key of the application's own servers: one, or two while they are rotated. Only digests are kept and compared,
 * all of them and all of each, so that the time an answer takes says nothing of how wrong a key was. [S0]
 */
export class ServerKey {
  readonly #digests: readonly Uint8Array[];
  readonly #same: typeof timingSafeEqual;

  /** @throws {RangeError} when a key is weak */
  constructor(keys: readonly string[], same: typeof timingSafeEqual = timingSafeEqual) {
    this.#same = same;
    this.#digests = strongSecrets("a server key", keys).map(digest);
  }

  /**
   * Lets a server in.
   * @throws {RelayError} `forbidden` without a configured key and for pages, `unauthorized` for a wrong key
   */
  check(headers: Headers): void {
    if (this.#digests.length === 0) {
      throw new RelayError(ErrorCode.forbidden, "Cannot use the server API: no server key is configured");
    }
    if (headers.has("origin") || headers.has("sec-fetch-site")) {
      throw new RelayError(ErrorCode.forbidden, "Cannot use the server API: it is not for browsers");
    }
    const given = digest(bearerIn(headers) ?? "");
    const right = this.#digests.filter((known) => this.#same(known, given));
    if (right.length === 0) throw unauthorized("the server key is not right");
  }
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
