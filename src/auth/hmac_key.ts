import { createHash, type Hash } from "node:crypto";

const BLOCK_BYTES = 64;

/**
 * A secret as HMAC-SHA-256 uses it (RFC 2104): both hashes are begun once, with the key, and gone on with for each
 * text. The runtime's own `createHmac` begins them anew, which takes four times as long as the rest of a token.
 */
export class HmacKey {
  readonly #inner: Hash;
  readonly #outer: Hash;

  constructor(secret: Uint8Array) {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(secret.length > BLOCK_BYTES ? createHash("sha256").update(secret).digest() : secret);
    this.#inner = createHash("sha256").update(block.map((byte) => byte ^ 0x36));
    this.#outer = createHash("sha256").update(block.map((byte) => byte ^ 0x5c));
  }

  /** The code of a text, in base64url. */
  sign(text: string): string {
    const inner = this.#inner.copy().update(text).digest();
    return this.#outer.copy().update(inner).digest("base64url");
  }
}
