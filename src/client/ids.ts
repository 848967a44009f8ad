/** A random UUID. Pages that are not served over TLS (a phone on the LAN) have no `crypto.randomUUID`. */
export function uuid(
  source: Pick<Crypto, "getRandomValues"> & { randomUUID?: () => string } = crypto,
): string {
  // version 4, with the variant of RFC 9562 in the bits that stand for 8
  return source.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const random = source.getRandomValues(new Uint8Array(1))[0]!;
    return (+digit ^ random & 15 >> +digit / 4).toString(16);
  });
}
