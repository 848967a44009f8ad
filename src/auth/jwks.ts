import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from "jose";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { KeyObject } from "node:crypto";

type VerificationKey = KeyObject | CryptoKey;

/** How a key set is fetched and kept. */
export interface JwksOptions {
  /** the runtime's, by default */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** wall time in ms */
  readonly now?: () => number;
  /** after this long the set is fetched anew, and goes on counting until that came back */
  readonly refreshMs?: number;
  /** a set that could not be fetched anew for this long counts no more */
  readonly staleMs?: number;
  /** an unknown key makes us look again, at most once in this time */
  readonly cooldownMs?: number;
  /** how long an answer may take */
  readonly timeoutMs?: number;
  /** is told why a fetch failed */
  readonly failed?: (error: unknown) => void;
}

/** What a set's keys may sign: never with a shared secret, and never not at all. */
const ALGORITHMS: ReadonlySet<string> = new Set([
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
]);
/** Far more than a key set has. */
const MAX_LENGTH = 256 * 1024;

type KeyFinder = ReturnType<typeof createLocalJWKSet>;

/**
 * An issuer's public keys, fetched from the one address that was configured. They are kept while they are fresh,
 * fetched anew in the background, and outlive an issuer that cannot be reached for a while. What a token's header
 * says only chooses among them.
 */
export class Jwks {
  readonly #url: string;
  readonly #options: Required<JwksOptions>;
  #find: KeyFinder | undefined;
  #fetchedMs = -Infinity;
  #triedMs = -Infinity;
  #fetching: Promise<void> | undefined;

  /** @throws {TypeError} when the address is not one keys may come from */
  constructor(url: string, options: JwksOptions = {}) {
    if (!trustworthy(url)) {
      throw new TypeError("Cannot fetch keys: the address has to be https:, or http: on this machine");
    }
    this.#url = url;
    this.#options = {
      fetch: (url, init) => fetch(url, init),
      now: Date.now,
      refreshMs: 10 * 60_000,
      staleMs: 24 * 3600_000,
      cooldownMs: 30_000,
      timeoutMs: 5000,
      failed: () => {},
      ...options,
    };
  }

  /**
   * The keys that may have signed a token with this header: none, one, or several that share their name.
   * @throws {RelayError} `internal` while there is no set to look into
   */
  async keysFor(
    header: { readonly alg: string; readonly kid?: string },
  ): Promise<readonly VerificationKey[]> {
    if (!ALGORITHMS.has(header.alg)) return [];
    const ageMs = this.#options.now() - this.#fetchedMs;
    if (ageMs > this.#options.staleMs) this.#find = undefined;
    // without a set one waits for it; with one that is old its keys go on counting meanwhile
    const refreshed = ageMs > this.#options.refreshMs ? this.#refresh() : undefined;
    if (!this.#find) await refreshed;
    const known = await this.#look(header);
    if (known.length > 0) return known;
    await this.#refresh();
    return await this.#look(header);
  }

  async #look(header: JWSHeaderParameters): Promise<readonly VerificationKey[]> {
    if (!this.#find) {
      const message = "Cannot check the token: its issuer's keys cannot be fetched";
      throw new RelayError(ErrorCode.internal, message, { retryAfterMs: this.#options.cooldownMs });
    }
    try {
      return [await this.#find(header)];
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return await Array.fromAsync(error);
      // not there, or not fit for the algorithm
      return [];
    }
  }

  /** Never throws. A flood of tokens with made-up key ids must not become a flood of requests to the issuer. */
  #refresh(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (this.#options.now() - this.#triedMs < this.#options.cooldownMs) return Promise.resolve();
    return this.#fetching = this.#fetch().catch(this.#options.failed).finally(() =>
      this.#fetching = undefined
    );
  }

  async #fetch(): Promise<void> {
    this.#triedMs = this.#options.now();
    const response = await this.#options.fetch(this.#url, {
      headers: { accept: "application/json" },
      // an open redirect at the issuer must not choose our keys
      redirect: "error",
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the key set was answered with ${response.status}`);
    }
    this.#find = createLocalJWKSet(await readSet(response));
    this.#fetchedMs = this.#options.now();
  }
}

async function readSet(response: Response): Promise<JSONWebKeySet> {
  const text = await response.text();
  if (text.length > MAX_LENGTH) throw new Error("the key set is too long");
  return JSON.parse(text);
}

function trustworthy(address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol === "https:") return true;
  return url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
}
