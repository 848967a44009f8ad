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

Deno.test("a UUID where the page has no randomUUID: version 4, its variant, and a messageId", () => {
  const source = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  const ids = Array.from({ length: 500 }, () => uuid(source));
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(id).toMatch(MESSAGE_ID);
  }
  expect(new Set(ids).size).toBe(500);
  for (const variant of "89ab") expect(ids.some((id) => id[19] === variant)).toBe(true);
  expect(uuid({ ...source, randomUUID: () => "own" })).toBe("own");
});
