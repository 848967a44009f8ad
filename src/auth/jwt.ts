import { createPublicKey, type KeyObject } from "node:crypto";
import { compactVerify, decodeProtectedHeader } from "jose";
import type { Identity } from "../hub/ports.ts";
import { identityOf, type Wanted } from "./claims.ts";
import { HmacKey } from "./hmac_key.ts";
import { verified } from "./hs256.ts";
import { Jwks, type JwksOptions } from "./jwks.ts";
import { strongSecrets } from "./secret_strength.ts";
import { unauthorized } from "./unauthorized.ts";

/** Whose a token is. */
export interface TokenVerifier {
  /**
   * Says whose a token is.
   * @throws {RelayError} `unauthorized`
   */
  verify(token: string): Promise<Identity>;
}

/** Which tokens count. */
export interface JwtOptions {
  /** shared secrets for HS256: one, or two while they are rotated */
  readonly secrets?: readonly string[];
  /** public keys in PEM (SPKI), one or more in each text */
  readonly publicKeys?: readonly string[];
  /** where a key set (RFC 7517) is found: `https:`, or `http:` on this machine */
  readonly jwksUrl?: string;
  /** what `aud` has to name; without it `aud` is not looked at */
  readonly audience?: string;
  /** what `iss` has to be; without it `iss` is not looked at */
  readonly issuer?: string;
  /** wall time in ms */
  readonly now?: () => number;
  /** how the key set is fetched and kept */
  readonly jwks?: Omit<JwksOptions, "now">;
}

/** Longer than any token an application issues; nothing is computed over more. */
export const MAX_TOKEN_LENGTH = 8192;

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const;
const MIN_RSA_BITS = 2048;
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};
const EDWARDS = ["EdDSA", "Ed25519"] as const;

/**
 * Verifies JSON Web Tokens. Which algorithms count follows from the keys alone: a shared secret takes HS256 and
 * nothing else, a public key what its kind can sign, and no key is ever taken from a token or from an address it
 * names. `exp` and `sub` are required.
 *
 * @throws {RangeError} when a secret is weak
 * @throws {TypeError} when a key cannot be read, or there is none
 * @example
 * ```ts
 * const auth = jwt({ secrets: [crypto.randomUUID() + crypto.randomUUID()], audience: "chat" });
 * ```
 */
export function jwt(options: JwtOptions): TokenVerifier {
  return new JwtVerifier(options);
}

class JwtVerifier implements TokenVerifier {
  readonly #now: () => number;
  readonly #wanted: Wanted;
  readonly #secrets: readonly HmacKey[];
  readonly #keys = new Map<string, KeyObject[]>();
  readonly #jwks: Jwks | undefined;

  constructor(
    { secrets = [], publicKeys = [], jwksUrl, audience, issuer, now = Date.now, jwks }: JwtOptions,
  ) {
    this.#now = now;
    this.#wanted = { audience, issuer };
    this.#secrets = strongSecrets("a JWT secret", secrets)
      .map((secret) => new HmacKey(new TextEncoder().encode(secret)));
    for (const pem of publicKeys.flatMap(pemBlocks)) {
      const key = readPublicKey(pem);
      this.#add(key, algorithmsOf(key));
    }
    this.#jwks = jwksUrl === undefined ? undefined : new Jwks(jwksUrl, { ...jwks, now });
    if (this.#secrets.length + this.#keys.size === 0 && !this.#jwks) {
      throw new TypeError("Cannot verify tokens: there is no key");
    }
  }

  async verify(token: string): Promise<Identity> {
    if (token.length > MAX_TOKEN_LENGTH) throw unauthorized("the token is too long");
    return identityOf(this.#bySecret(token) ?? await this.#byPublicKey(token), this.#now(), this.#wanted);
  }

  /** A token that none of the secrets signed as HS256 is left to the public keys, of which none takes HS256. */
  #bySecret(token: string): unknown {
    for (const secret of this.#secrets) {
      const payload = verified(token, secret);
      if (payload !== undefined) return payload;
    }
    return undefined;
  }

  async #byPublicKey(token: string): Promise<unknown> {
    const header = headerOf(token);
    const keys = [...this.#keys.get(header.alg) ?? [], ...await this.#jwks?.keysFor(header) ?? []];
    for (const key of keys) {
      try {
        const { payload } = await compactVerify(token, key, { algorithms: [header.alg] });
        return JSON.parse(new TextDecoder().decode(payload));
      } catch {
        // not this key's, or nothing that a key could vouch for
      }
    }
    throw unauthorized("the token is not valid");
  }

  #add(key: KeyObject, algorithms: readonly string[]): void {
    for (const alg of algorithms) {
      const keys = this.#keys.get(alg);
      if (keys) keys.push(key);
      else this.#keys.set(alg, [key]);
    }
  }
}

function headerOf(token: string): { readonly alg: string; readonly kid?: string } {
  try {
    const { alg, kid, crit } = decodeProtectedHeader(token);
    if (typeof alg !== "string" || (kid !== undefined && typeof kid !== "string")) {
      throw new Error("alg or kid");
    }
    // what is marked as critical has to be understood, and nothing is
    if (crit !== undefined) throw new Error("crit");
    return kid === undefined ? { alg } : { alg, kid };
  } catch (cause) {
    throw unauthorized("the token is not valid", cause);
  }
}

/** Several keys may stand in one text; an environment variable may hold its line breaks as `\n`. */
function pemBlocks(text: string): string[] {
  const blocks = text.replaceAll("\\n", "\n").match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g);
  if (!blocks) throw new TypeError("Cannot read a public key: it is not PEM (-----BEGIN PUBLIC KEY-----)");
  return blocks;
}

function readPublicKey(pem: string): KeyObject {
  if (!pem.startsWith("-----BEGIN PUBLIC KEY-----")) {
    throw new TypeError("Cannot read a public key: only -----BEGIN PUBLIC KEY----- (SPKI) is taken");
  }
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new TypeError("Cannot read a public key: its contents are no key", { cause });
  }
}

function algorithmsOf(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
): readonly string[] {
  if (type === "ed25519") return EDWARDS;
  const curve = CURVES[details?.namedCurve ?? ""];
  if (type === "ec" && curve !== undefined) return [curve];
  if (type !== "rsa") throw new TypeError(`Cannot use a public key: nothing verifies tokens with ${type}`);
  if ((details?.modulusLength ?? 0) < MIN_RSA_BITS) {
    throw new TypeError(`Cannot use a public key: RSA keys need ${MIN_RSA_BITS} bits`);
  }
  return RSA;
}
