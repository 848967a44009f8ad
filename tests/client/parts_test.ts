import { expect } from "@std/expect";
import { uuid } from "../../src/client/ids.ts";
import { baseUrl } from "../../src/client/url.ts";
import { MESSAGE_ID } from "../../src/protocol/wire.ts";

Deno.test("the relay's URL: every kind of base", () => {
  const page = "https://page.test/rooms/lobby?x=1#y";
  const cases: [string, string][] = [
    ["http://a.test", "http://a.test/"],
    ["https://a.test/", "https://a.test/"],
    ["ws://a.test:8000", "http://a.test:8000/"],
    ["wss://a.test/realtime", "https://a.test/realtime/"],
    ["https://a.test/realtime//?token=1#z", "https://a.test/realtime/"],
    ["/", "https://page.test/"],
    ["/realtime", "https://page.test/realtime/"],
    ["//b.test", "https://b.test/"],
  ];
  for (const [base, url] of cases) expect(baseUrl(base, page)).toBe(url);
  expect(() => baseUrl("/", undefined)).toThrow(TypeError);
  expect(() => baseUrl("file:///etc", page)).toThrow("Cannot connect");
});

Deno.test("[E3b] an id where the page has no randomUUID: 128 random bits, and a messageId", () => {
  const source = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  const ids = Array.from({ length: 500 }, () => uuid(source));
  for (const id of ids) {
    expect(id.split("-").every((byte) => Number(byte) < 256)).toBe(true);
    expect(id.split("-")).toHaveLength(16);
    expect(id).toMatch(MESSAGE_ID);
  }
  expect(new Set(ids).size).toBe(500);
  const longest = { getRandomValues: <T>(bytes: T) => (bytes as Uint8Array).fill(255) as T };
  expect(uuid(longest as Pick<Crypto, "getRandomValues">)).toMatch(MESSAGE_ID);
  expect(uuid({ ...source, randomUUID: () => "own" })).toBe("own");
});
