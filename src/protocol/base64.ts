/** As runtimes of 2025 and later have it. */
interface Native {
  readonly toBase64?: () => string;
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  const native = (bytes as Native).toBase64;
  if (native) return native.call(bytes);
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/**
 * The bytes of base64.
 * @throws {Error} when it is none
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native) return native(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** What a call takes as arguments at once. */
const CHUNK = 0x8000;
