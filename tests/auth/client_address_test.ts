import { expect } from "@std/expect";
import { ClientAddresses } from "../../src/transports/client_address.ts";
import { contains, countingKey, parseCidr, parseIp } from "../../src/transports/ip.ts";

const PROXY = "10.0.0.1";

function addresses(trusted: string[] = ["10.0.0.0/8", "fd00::/8"]) {
  const warned: string[] = [];
  const found = new ClientAddresses({
    trusted: trusted.map(parseCidr),
    untrusted: (peer) => warned.push(peer),
  });
  return { found, warned };
}

function client(
  peer: string,
  headers: Record<string, string> | [string, string][],
  trusted?: string[],
): string {
  return addresses(trusted).found.of(peer, new Headers(headers));
}

const same: [string, string][] = [
  ["203.0.113.9", "203.0.113.9"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["::FFFF:cb00:7109", "203.0.113.9"],
  ["0:0:0:0:0:ffff:203.0.113.9", "203.0.113.9"],
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ["2001:db8:1:2:3::%eth0", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
];
for (const [spelling, key] of same) {
  Deno.test(`[threat D9] ${spelling} counts as ${key}`, () => {
    expect(countingKey(parseIp(spelling)!)).toBe(key);
    expect(client(spelling, {})).toBe(key);
  });
}

const none = [
  "",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "010.0.0.1",
  "0x7f.0.0.1",
  "1.2.3.4 ",
  "1::2::3",
  ":::",
  "1:2:3",
];
none.push(
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "g::",
  "::1.2.3.256",
  "1.2.3.4::",
  "localhost",
  "unknown",
  "_hidden",
  "1:2:3:4:5:6:7::8",
);
for (const text of none) {
  Deno.test(`[threat D9] ${JSON.stringify(text)} is no address`, () => {
    expect(parseIp(text)).toBeUndefined();
  });
}

Deno.test("ranges hold what they should", () => {
  const within = (range: string, address: string) => contains(parseCidr(range), parseIp(address)!);
  expect(within("10.0.0.0/8", "10.255.0.1")).toBe(true);
  expect(within("10.0.0.0/8", "11.0.0.1")).toBe(false);
  expect(within("192.168.4.0/22", "192.168.7.255")).toBe(true);
  expect(within("192.168.4.0/22", "192.168.8.0")).toBe(false);
  expect(within("203.0.113.9", "203.0.113.9")).toBe(true);
  expect(within("203.0.113.9", "203.0.113.8")).toBe(false);
  expect(within("0.0.0.0/0", "203.0.113.9")).toBe(true);
  expect(within("0.0.0.0/0", "2001:db8::1")).toBe(false);
  expect(within("fd00::/8", "fdff::1")).toBe(true);
  expect(within("10.0.0.0/8", "::ffff:10.1.1.1")).toBe(true);
  for (
    const wrong of ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "fd00::/129", "x", "10.0.0/8"]
  ) {
    expect(() => parseCidr(wrong)).toThrow(TypeError);
  }
});

Deno.test("[threat D9] what an untrusted peer says of itself is ignored, warned of once and remembered", () => {
  const { found, warned } = addresses();
  expect(found.untrustedForwards).toBe(false);
  expect(found.of("203.0.113.9", new Headers())).toBe("203.0.113.9");
  expect(found.untrustedForwards).toBe(false);
  for (const headers of [{ "x-forwarded-for": "1.2.3.4" }, { "forwarded": "for=1.2.3.4" }]) {
    expect(found.of("203.0.113.9", new Headers(headers))).toBe("203.0.113.9");
  }
  expect(found.untrustedForwards).toBe(true);
  expect(warned).toEqual(["203.0.113.9"]);
});

const forwarded: [string, Record<string, string> | [string, string][], string][] = [
  ["one hop", { "x-forwarded-for": "203.0.113.9" }, "203.0.113.9"],
  ["what the client put before it", { "x-forwarded-for": "1.2.3.4, 203.0.113.9" }, "203.0.113.9"],
  [
    "a chain of our own proxies",
    { "x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.2.2.2, fd00::7" },
    "203.0.113.9",
  ],
  ["several headers", [["x-forwarded-for", "1.2.3.4"], ["x-forwarded-for", "203.0.113.9"]], "203.0.113.9"],
  ["nothing but proxies", { "x-forwarded-for": "10.9.9.9, 10.2.2.2" }, "10.9.9.9"],
  ["a port", { "x-forwarded-for": "203.0.113.9:4711" }, "203.0.113.9"],
  ["brackets and a port", { "x-forwarded-for": "[2001:db8:1:2::1]:4711" }, "2001:db8:1:2::/64"],
  ["no address", { "x-forwarded-for": "1.2.3.4, unknown" }, PROXY],
  ["nothing", { "x-forwarded-for": "" }, PROXY],
  ["Forwarded", { "forwarded": "for=1.2.3.4, for=203.0.113.9;proto=https" }, "203.0.113.9"],
  ["Forwarded in quotes", { "forwarded": 'proto=https; For="[2001:db8:1:2::1]:4711"' }, "2001:db8:1:2::/64"],
  ["an obfuscated Forwarded", { "forwarded": "for=_secret" }, PROXY],
  ["both that agree", { "x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9" }, "203.0.113.9"],
  // the proxy writes one of them, the client made up the other
  ["both that do not", { "x-forwarded-for": "203.0.113.9", "forwarded": "for=1.2.3.4" }, PROXY],
];
for (const [name, headers, expected] of forwarded) {
  Deno.test(`[threat D9] behind a trusted proxy, ${name}: ${expected}`, () => {
    expect(client(PROXY, headers)).toBe(expected);
    // the control: who trusts everybody is told anything
    if (name === "what the client put before it") {
      expect(client(PROXY, headers, ["0.0.0.0/0"])).toBe("1.2.3.4");
    }
  });
}
