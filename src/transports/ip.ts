/** An address as 16 bytes: an IPv4 one as IPv6 maps it. So each address has one form. */
export type Ip = Uint8Array;

/** A range of addresses. */
export interface Cidr {
  readonly network: Ip;
  readonly bits: number;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

/** Reads an address, whatever its spelling; `undefined` when it is none. A zone (`%eth0`) is left away. */
export function parseIp(text: string): Ip | undefined {
  const [address = ""] = text.split("%", 1);
  if (!address.includes(":")) {
    const v4 = parseV4(address);
    return v4 && Uint8Array.from([...MAPPED, ...v4]);
  }
  return parseV6(address);
}

/**
 * Reads `10.0.0.0/8`, `fd00::/8`, or one address.
 * @throws {TypeError}
 */
export function parseCidr(text: string): Cidr {
  const [address = "", length, ...more] = text.split("/");
  const network = parseIp(address);
  const most = address.includes(":") ? 128 : 32;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (!network || more.length > 0 || !(bits <= most)) {
    throw new TypeError(`Cannot read "${text}": it has to be an address or a range like 10.0.0.0/8`);
  }
  return { network, bits: bits + 128 - most };
}

export function contains({ network, bits }: Cidr, ip: Ip): boolean {
  for (let n = 0; n < 16; n++) {
    const left = bits - 8 * n;
    if (left <= 0) return true;
    const mask = left >= 8 ? 0xff : 0xff00 >> left & 0xff;
    if ((network[n]! & mask) !== (ip[n]! & mask)) return false;
  }
  return true;
}

/**
 * What an address counts as: itself for IPv4, its /64 for IPv6, because that is what one household or one machine
 * is given, and it could send each request from another address of it.
 */
export function countingKey(ip: Ip): string {
  if (isV4(ip)) return ip.slice(12).join(".");
  if (ip.every((byte, n) => byte === (n === 15 ? 1 : 0))) return "::1";
  const groups = Array.from({ length: 4 }, (_, n) => (ip[2 * n]! << 8 | ip[2 * n + 1]!).toString(16));
  return `${groups.join(":")}::/64`;
}

/** Whether a counting key is this machine: limits by address do not count it. */
export function isLoopback(key: string): boolean {
  return key === "::1" || key.startsWith("127.");
}

function isV4(ip: Ip): boolean {
  return MAPPED.every((byte, n) => ip[n] === byte);
}

/** Four decimal numbers without leading zeros: `010.0.0.1` means one thing here and another there. */
function parseV4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseV6(text: string): Ip | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  // an IPv4 address may only stand at the very end
  const [front, back] = halves.map((half, n) => groupsOf(half, n === halves.length - 1));
  if (!front || (halves.length === 2 && !back)) return undefined;
  const missing = 16 - front.length - (back?.length ?? 0);
  if (back ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...front, ...Array(missing).fill(0), ...back ?? []]);
}

/** Groups of four hex digits; the last one may be an IPv4 address. */
function groupsOf(half: string, last: boolean): readonly number[] | undefined {
  if (half === "") return [];
  const bytes: number[] = [];
  const groups = half.split(":");
  for (const [n, group] of groups.entries()) {
    const v4 = last && n === groups.length - 1 && group.includes(".") ? parseV4(group) : undefined;
    if (v4) bytes.push(...v4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}
