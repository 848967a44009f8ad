import { expect } from "@std/expect";
import { RelayError } from "../../src/protocol/errors.ts";
import { AttemptWindows } from "../../src/transports/attempt_windows.ts";
import { EntryRates } from "../../src/transports/entry_rates.ts";
import { jwt } from "../../src/auth/jwt.ts";
import { listen, type Listening } from "../harness/server.ts";
import { RawSocket } from "../harness/raw_socket.ts";
import { FakeClock } from "../harness/mod.ts";
import { SECRET, tokenFor } from "./tokens.ts";

const AFAR = "203.0.113.9";

function entryRates(clock: FakeClock, connects: number, failures: number): EntryRates {
  return new EntryRates({
    connects: new AttemptWindows(clock, connects),
    failures: new AttemptWindows(clock, failures),
  });
}

async function refusedAfterMs(act: () => void | Promise<void>): Promise<number> {
  try {
    await act();
    return 0;
  } catch (error) {
    if (error instanceof RelayError && error.code === "rate_limited") return error.retryAfterMs!;
    throw error;
  }
}

Deno.test("[threat A14] too many wrong credentials of an address: later, for all of its", async () => {
  const clock = new FakeClock();
  const rates = entryRates(clock, 0, 100);
  for (let n = 0; n < 100; n++) {
    expect(await refusedAfterMs(() => rates.mayTry(AFAR))).toBe(0);
    await rates.failed(AFAR);
    await clock.advance(100);
  }
  expect(await refusedAfterMs(() => rates.mayTry(AFAR))).toBe(50_000);
  expect(await refusedAfterMs(() => rates.mayTry("203.0.113.10"))).toBe(0);
  await clock.advance(50_000);
  expect(await refusedAfterMs(() => rates.mayTry(AFAR))).toBe(0);
});

Deno.test("[L] connections an address opens in a minute", async () => {
  const clock = new FakeClock();
  const rates = entryRates(clock, 3, 0);
  const tries = () =>
    Promise.all(Array.from({ length: 5 }, () => refusedAfterMs(() => rates.connecting(AFAR))));
  expect(await tries()).toEqual([0, 0, 0, 60_000, 60_000]);
  await clock.advance(60_000);
  expect(await tries()).toEqual([0, 0, 0, 60_000, 60_000]);
});

Deno.test("[L] 0 is any number, and this machine is not counted", async () => {
  const none = entryRates(new FakeClock(), 0, 0);
  const some = entryRates(new FakeClock(), 1, 1);
  for (let n = 0; n < 10; n++) {
    expect(await refusedAfterMs(() => none.connecting(AFAR))).toBe(0);
    await none.failed(AFAR);
    await some.failed("127.0.0.1");
    expect(await refusedAfterMs(() => some.connecting("::1"))).toBe(0);
  }
  expect(await refusedAfterMs(() => none.mayTry(AFAR))).toBe(0);
  expect(await refusedAfterMs(() => some.mayTry("127.0.0.1"))).toBe(0);
});

Deno.test("[L] an attacker with very many addresses makes us forget the oldest, and no more", async () => {
  const clock = new FakeClock();
  const rates = entryRates(clock, 1, 0);
  for (let n = 0; n < 60_000; n++) {
    await rates.connecting(`2001:db8:${(n >> 8).toString(16)}:${n & 255}::/64`);
  }
  expect(await refusedAfterMs(() => rates.connecting("2001:db8:ea:5f::/64"))).toBe(0);
  expect(await refusedAfterMs(() => rates.connecting("2001:db8:ea:5f::/64"))).toBeGreaterThan(0);
  expect(await refusedAfterMs(() => rates.connecting("2001:db8:0:0::/64"))).toBe(0);
});

/** A relay behind a proxy on this machine that tells whom it speaks for. */
const behindProxy = (more: object = {}) =>
  listen({ auth: jwt({ secrets: [SECRET] }), trustedProxies: ["127.0.0.1"], failuresPerMinute: 5, ...more });

async function shake(server: Listening, token: string, client = AFAR) {
  const headers = { "Authorization": `Bearer ${token}`, "X-Forwarded-For": client };
  const { socket, response } = await RawSocket.shake(server.port, headers);
  socket[Symbol.dispose]();
  return response;
}

Deno.test("[threat A14] over real sockets: 401 five times, then 429 with Retry-After, also with a right token", async () => {
  await using server = behindProxy();
  const right = await tokenFor("anna");
  const statuses: number[] = [];
  for (let n = 0; n < 6; n++) statuses.push((await shake(server, "wrong")).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  const refused = await shake(server, right);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
  // another client of the same proxy is another address
  expect((await shake(server, right, "203.0.113.10")).status).toBe(101);
  // the control: without the limit one may try for ever
  await using open = behindProxy({ failuresPerMinute: 0 });
  for (let n = 0; n < 20; n++) expect((await shake(open, "wrong")).status).toBe(401);
});

Deno.test("[threat A14] wrong credentials over HTTP and wrong server keys count too", async () => {
  await using server = behindProxy({ serverKeys: ["a server key of more than 32 bytes 1234"] });
  const headers = { "x-forwarded-for": AFAR, "authorization": "Bearer wrong" };
  const statuses: number[] = [];
  const requests: [string, string][] = [["GET", "/api/session"], ["POST", "/api/tickets"], [
    "POST",
    "/api/users/a/revoke",
  ]];
  for (const [method, path] of [...requests, ...requests]) {
    const answer = await fetch(server.url + path, { method, headers });
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  expect((await shake(server, await tokenFor("anna"))).status).toBe(429);
});

Deno.test("[L] over real sockets: who connects too often is told when to come back", async () => {
  await using server = behindProxy({ connectsPerMinute: 3 });
  const token = await tokenFor("anna");
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) statuses.push((await shake(server, token)).status);
  expect(statuses).toEqual([101, 101, 101, 429]);
});

Deno.test("[threat D9] a proxy that is not configured shows in /readyz", async () => {
  await using server = listen();
  const ready = async (headers = {}) => await (await fetch(`${server.url}/readyz`, { headers })).json();
  expect(await ready()).not.toHaveProperty("untrustedProxy");
  const { socket } = await RawSocket.shake(server.port, { "X-Forwarded-For": AFAR });
  socket[Symbol.dispose]();
  expect(await ready()).toMatchObject({ status: "ok", untrustedProxy: true });
});
