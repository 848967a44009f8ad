import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { HmacKey } from "./hmac_key.ts";

/**
 * JSON Web Tokens with HS256, at once: libraries sign and verify on another thread, which costs several times what the
 * signature itself does. What the claims say is its reader's to check.
 */

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url");

/** A token that says this. */
export function sign(claims: object, key: HmacKey): string {
  const input = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${input}.${key.sign(input)}`;
}

/** What a token says that this key signed as HS256; `undefined` when it did not. Nothing is read before that is known. */
export function verified(token: string, key: HmacKey): unknown {
  const [head, body, signature, ...more] = token.split(".", 4);
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) {
    return undefined;
  }
  const right = Buffer.from(key.sign(`${head}.${body}`));
  const given = Buffer.from(signature);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  return head === HEADER || isPlain(jsonOf(head)) ? jsonOf(body) : undefined;
}

/** What a token says of itself, whoever wrote it. */
export function claimed(token: string): unknown {
  return jsonOf(token.split(".", 2)[1] ?? "");
}

/** What is marked as critical has to be understood, and nothing is. [RFC 7515 4.1.11] */
function isPlain(header: unknown): boolean {
  const { alg, crit } = (header ?? {}) as { readonly alg?: unknown; readonly crit?: unknown };
  return alg === "HS256" && crit === undefined;
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}
