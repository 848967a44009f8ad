/**
 * A 53-bit hash of an idempotency key. Equal hashes are compared in full, so a collision costs a look, not a
 * message; the seed keeps anyone from preparing many.
 */
export function keyHash(userId: string, messageId: string, seed: number): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  const text = `${userId}\n${messageId}`;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return 0x1_0000_0000 * (b & 0x1f_ffff) + (a >>> 0);
}

/** Hashes lie in [0, HASH_SPAN). */
export const HASH_SPAN = 2 ** 53;
