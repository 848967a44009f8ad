import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { ErrorCode } from "../../src/protocol/wire.ts";
import { RelayError } from "../../src/protocol/errors.ts";

export const SECRET = "correct horse battery staple 1234567890";
export const OLD_SECRET = "0987654321 elpats yrettab esroh tcerroc";

/** The moment tests that stop the clock take place in, in ms. */
export const NOW_MS = Date.UTC(2026, 10, 21, 10, 30);
export const NOW_S = NOW_MS / 1000;

export type Claims = Record<string, unknown>;

/** Right claims, and what a test puts in their place; `undefined` leaves one out. */
export function claims(changed: Claims = {}, nowS = NOW_S): Claims {
  const all = { sub: "anna", name: "Anna", iat: nowS, exp: nowS + 3600, ...changed };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A token of the application, signed with the shared secret, valid from now on. */
export function tokenFor(sub: string, changed: Claims = {}): Promise<string> {
  return signed(claims({ sub, name: sub.toUpperCase(), ...changed }, Math.floor(Date.now() / 1000)));
}

export function signed(payload: Claims, secret: string = SECRET, header: Claims = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: "HS256", ...header })
    .sign(new TextEncoder().encode(secret));
}

/** A token put together by hand, as no library would. */
export function forged(header: unknown, payload: unknown, signature = ""): string {
  return `${base64url(header)}.${base64url(payload)}.${signature}`;
}

export function base64url(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
}

export interface Pair {
  readonly alg: string;
  readonly pem: string;
  readonly jwk: JWK;
  sign(payload: Claims, header?: Claims): Promise<string>;
  /** The same, of claims as JSON text. */
  signText(claims: string): Promise<string>;
}

/** A key pair of an issuer. */
export async function pair(alg: string, kid?: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    alg,
    pem: await exportSPKI(publicKey),
    jwk: { ...await exportJWK(publicKey), alg, use: "sig", ...kid === undefined ? {} : { kid } },
    sign: (payload, header = {}) =>
      new SignJWT(payload).setProtectedHeader({ alg, ...kid === undefined ? {} : { kid }, ...header })
        .sign(privateKey),
    signText: (claims) =>
      new CompactSign(new TextEncoder().encode(claims)).setProtectedHeader({ alg }).sign(privateKey),
  };
}

/** What came of showing a credential: who one is, or why not. */
export async function outcome<T>(shown: Promise<T>): Promise<T | ErrorCode> {
  try {
    return await shown;
  } catch (error) {
    if (error instanceof RelayError) return error.code;
    throw error;
  }
}
