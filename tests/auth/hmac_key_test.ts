import { expect } from "@std/expect";
import { createHmac } from "node:crypto";
import { HmacKey } from "../../src/auth/hmac_key.ts";

const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

Deno.test("[C2] codes are those of HMAC-SHA-256, whatever the length of the secret and of the text", () => {
  // around the block of 64 bytes, where a secret is hashed first
  for (const length of [1, 32, 63, 64, 65, 128, 1000]) {
    const secret = bytes(length);
    const key = new HmacKey(secret);
    for (const text of ["", "a", "電文 🍵", "x".repeat(55), "x".repeat(64), "x".repeat(8192)]) {
      expect(key.sign(text)).toBe(createHmac("sha256", secret).update(text).digest("base64url"));
    }
  }
});

Deno.test("[C2] RFC 4231, test case 2", () => {
  const code = new HmacKey(new TextEncoder().encode("Jefe")).sign("what do ya want for nothing?");
  expect(Uint8Array.fromBase64(code, { alphabet: "base64url" }).toHex()).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
