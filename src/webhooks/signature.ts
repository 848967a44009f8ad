import { createHmac } from "node:crypto";

const PREFIX = "whsec_";
/** What Standard Webhooks asks of a secret, in bytes. */
const SHORTEST = 24;
const LONGEST = 64;

/**
 * The bytes of a secret as Standard Webhooks writes it: base64, `whsec_` before it or not.
 * @throws {RangeError} when it is none, without quoting it
 */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(text);
  } catch (cause) {
    throw new RangeError("Cannot use a webhook secret: it is not base64; try: openssl rand -base64 32", {
      cause,
    });
  }
  if (bytes.length >= SHORTEST && bytes.length <= LONGEST) return bytes;
  throw new RangeError(
    `Cannot use a webhook secret: it has ${bytes.length} bytes and needs ${SHORTEST} to ${LONGEST}; ` +
      "try: openssl rand -base64 32",
  );
}

/** What proves whose post it is and when it was posted. */
export type SignedHeaders = Readonly<
  Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>
>;

/** Signs a post by the rules of Standard Webhooks: HMAC-SHA256 over id, time in seconds and body, once a secret. [S3] */
export function sign(
  secrets: readonly Uint8Array[],
  { id, atS, body }: { readonly id: string; readonly atS: number; readonly body: string },
): SignedHeaders {
  const signatures = secrets.map((secret) =>
    `v1,${createHmac("sha256", secret).update(`${id}.${atS}.${body}`).digest("base64")}`
  );
  return { "webhook-id": id, "webhook-timestamp": String(atS), "webhook-signature": signatures.join(" ") };
}
