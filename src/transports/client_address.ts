import { type Cidr, contains, countingKey, type Ip, parseIp } from "./ip.ts";

export interface ClientAddressesOptions {
  /** proxies whose word about the address before them is taken */
  readonly trusted: readonly Cidr[];
  /** Is told once when a request claims to be forwarded by somebody who is not trusted. */
  readonly untrusted: (peer: string) => void;
}

const MAX_REMEMBERED = 1000;

/**
 * Finds out who is behind proxies. Only what a trusted proxy wrote counts: from the right, the first hop that is no
 * trusted proxy is the client, and everything to the left of it is what the client says of itself.
 */
export class ClientAddresses {
  readonly #options: ClientAddressesOptions;
  readonly #keys = new Map<string, string>();
  #untrustedForwards = false;

  constructor(options: ClientAddressesOptions) {
    this.#options = options;
  }

  /** Whether a proxy that is not configured forwards to us: all its clients then count as one. */
  get untrustedForwards(): boolean {
    return this.#untrustedForwards;
  }

  /** What limits by address count a request as. `peer` is who holds the connection. */
  of(peer: string, headers: Headers): string {
    const xff = headers.get("x-forwarded-for");
    const forwarded = headers.get("forwarded");
    if (xff === null && forwarded === null) return this.#keyOf(peer);
    const ip = parseIp(peer);
    if (!ip) return peer;
    if (!this.#trusts(ip)) {
      this.#warn(peer);
      return countingKey(ip);
    }
    const found = [
      ...xff === null ? [] : [this.#client(ip, xff.split(","))],
      ...forwarded === null ? [] : [this.#client(ip, forwarded.split(",").map(forParameter))],
    ];
    const [first, second] = found.map(countingKey);
    // a proxy writes one of the two and lets a client's own invention of the other pass: then only it is known
    return second !== undefined && second !== first ? countingKey(ip) : first!;
  }

  /** Who comes once often comes again: what it counts as is remembered for a while. */
  #keyOf(peer: string): string {
    let key = this.#keys.get(peer);
    if (key !== undefined) return key;
    const ip = parseIp(peer);
    key = ip ? countingKey(ip) : peer;
    if (this.#keys.size >= MAX_REMEMBERED) this.#keys.clear();
    this.#keys.set(peer, key);
    return key;
  }

  /** `hops` from the client to us. One that cannot be read ends the walk: what is left of it proves nothing. */
  #client(peer: Ip, hops: readonly string[]): Ip {
    let client = peer;
    for (const hop of hops.toReversed()) {
      if (!this.#trusts(client)) break;
      const next = parseIp(withoutPort(hop.trim()));
      if (!next) break;
      client = next;
    }
    return client;
  }

  #trusts(ip: Ip): boolean {
    return this.#options.trusted.some((range) => contains(range, ip));
  }

  #warn(peer: string): void {
    if (this.#untrustedForwards) return;
    this.#untrustedForwards = true;
    this.#options.untrusted(peer);
  }
}

/** The address in one element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https`. [RFC 7239] */
function forParameter(element: string): string {
  for (const pair of element.split(";")) {
    const at = pair.indexOf("=");
    if (pair.slice(0, at).trim().toLowerCase() !== "for") continue;
    return pair.slice(at + 1).trim().replace(/^"(.*)"$/, "$1");
  }
  return "";
}

/** `1.2.3.4:5`, `[::1]:5` and `[::1]` without port and brackets. */
function withoutPort(hop: string): string {
  if (hop.startsWith("[")) return hop.slice(1, Math.max(1, hop.indexOf("]")));
  const parts = hop.split(":");
  return parts.length === 2 ? parts[0]! : hop;
}
