import { expect } from "@std/expect";
import { credentialOf } from "../../src/auth/credentials.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { tokenFor } from "./tokens.ts";

const token = await tokenFor("anna");
const host = { host: "relay.example" };

function shown(path: string, headers: Record<string, string> = {}) {
  try {
    return credentialOf(new Request(`https://relay.example${path}`, { headers: { ...host, ...headers } }));
  } catch (error) {
    if (error instanceof RelayError) return error.code;
    throw error;
  }
}

Deno.test("[threat A9] a credential comes as header, subprotocol, ticket or cookie, and the first of these counts", () => {
  const cookie = { cookie: `a=b; denbun_session=C; c=d` };
  const protocol = { "sec-websocket-protocol": "denbun.json, bearer.P" };
  expect(shown("/ws")).toBeUndefined();
  expect(shown("/ws", cookie)).toEqual({ kind: "cookie", secret: "C" });
  expect(shown("/ws?ticket=T", cookie)).toEqual({ kind: "ticket", secret: "T" });
  expect(shown("/ws?ticket=T", { ...cookie, ...protocol })).toEqual({ kind: "token", secret: "P" });
  expect(shown("/ws", { ...protocol, authorization: "bearer H" })).toEqual({ kind: "token", secret: "H" });
});

Deno.test("[threat A9] a token in the address is refused, whatever else comes with it", () => {
  const queries = ["token=x", "access_token=x", "TOKEN=x", "jwt=", "id_token=x", `name=${token}`];
  queries.push(`room=a&x=${encodeURIComponent(`Bearer ${token}`)}`, `ticket=t&token=x`);
  for (const query of queries) {
    expect([query, shown(`/ws?${query}`, { authorization: `Bearer ${token}` })]).toEqual([
      query,
      "unauthorized",
    ]);
  }
  expect(shown("/ws?name=token&rooms=a,b.c.d")).toBeUndefined();
});

Deno.test("another scheme than Bearer is refused, not passed over", () => {
  expect(shown("/ws", { authorization: "Basic YTpi", cookie: "denbun_session=C" })).toBe("unauthorized");
  expect(shown("/ws", { authorization: "" })).toBe("unauthorized");
});

Deno.test("[threat A1] the cookie counts for our own pages alone", () => {
  const cookie = { cookie: "denbun_session=C" };
  const counts = (headers: Record<string, string>) => shown("/ws", { ...cookie, ...headers }) !== undefined;
  expect(counts({ origin: "https://relay.example" })).toBe(true);
  expect(counts({ "sec-fetch-site": "same-origin" })).toBe(true);
  expect(counts({ "sec-fetch-site": "none" })).toBe(true);
  // a page that may connect may do so with a token of its own, not with our cookie
  expect(counts({ origin: "https://app.example" })).toBe(false);
  expect(counts({ origin: "https://blog.relay.example" })).toBe(false);
  expect(counts({ origin: "null" })).toBe(false);
  expect(counts({ "sec-fetch-site": "same-site" })).toBe(false);
  expect(counts({ "sec-fetch-site": "cross-site" })).toBe(false);
});
