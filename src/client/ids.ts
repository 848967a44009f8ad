/** A random id of 128 bits: a UUID, but for pages that are not served over TLS (a phone on the LAN): they have none. */
export function uuid(
  source: Pick<Crypto, "getRandomValues"> & { randomUUID?: () => string } = crypto,
): string {
  return source.randomUUID?.() ?? source.getRandomValues(new Uint8Array(16)).join("-");
}
