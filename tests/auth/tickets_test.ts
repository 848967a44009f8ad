import { expect } from "@std/expect";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { jwt } from "../../src/auth/jwt.ts";
import { silent } from "../../src/observability/log.ts";
import { memory } from "../../src/stores/memory.ts";
import type { Table } from "../../src/hub/ports.ts";
import { ControlledStore, FakeClock } from "../harness/mod.ts";
import { claims, NOW_MS, OLD_SECRET, outcome, SECRET, signed } from "./tokens.ts";

function scene() {
  const clock = new FakeClock(NOW_MS);
  const store = new ControlledStore(memory({ now: () => clock.now() }));
  const verifier = jwt({ secrets: [SECRET], now: () => clock.now() });
  const node = (table: Table = store) => new Authenticator({ table, clock, logger: silent, verifier });
  return { clock, store, node };
}

const to = (path: string, token?: string) =>
  new Request(`https://relay.example${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
const at = (ticket: string) => to(`/ws?ticket=${ticket}`);

Deno.test("[threat A9] a ticket lets its holder in, with all that its token says", async () => {
  const { node } = scene();
  const token = await signed(claims({ rooms: { "team-*": "rw" }, scope: "denbun:websocket", jti: "t-1" }));
  const { ticket } = await node().ticket(to("/api/tickets", token));
  const byToken = await node().admit(to("/ws", token), "websocket");
  const byTicket = await node().admit(at(ticket), "websocket");
  expect(byTicket.identity).toEqual(byToken.identity);
});

Deno.test("[threat A9] a ticket is used once, whichever node it reaches", async () => {
  const { node } = scene();
  const [one, other] = [node(), node()];
  const { ticket } = await one.ticket(to("/api/tickets", await signed(claims())));
  const tries = await Promise.all(
    [one, other, one, other].map((each) => outcome(each.admit(at(ticket), "websocket"))),
  );
  expect(tries.filter((found) => typeof found !== "string").length).toBe(1);
  expect(tries.filter((found) => found === "unauthorized").length).toBe(3);
});

Deno.test("[threat A9] in a store that forgets what was used a ticket works twice: the store is the defence", async () => {
  const { store, node } = scene();
  const forgetful = new Proxy(store, {
    get: (target, name) =>
      name === "put"
        ? (...args: Parameters<Table["put"]>) =>
          args[0] === "tickets" ? Promise.resolve({ ok: true, version: 1 }) : target.put(...args)
        : Reflect.get(target, name).bind(target),
  });
  const careless = node(forgetful);
  const { ticket } = await careless.ticket(to("/api/tickets", await signed(claims())));
  for (let n = 0; n < 2; n++) expect(await careless.admit(at(ticket), "websocket")).toBeDefined();
});

Deno.test("[threat A9] a ticket is good for 30 s, and not longer than its token", async () => {
  const { clock, node } = scene();
  const fresh = await node().ticket(to("/api/tickets", await signed(claims())));
  expect(fresh.expiresAtMs).toBe(NOW_MS + 30_000);
  await clock.advance(29_000);
  const late = await node().ticket(to("/api/tickets", await signed(claims({ exp: NOW_MS / 1000 + 31 }))));
  expect(await outcome(node().admit(at(fresh.ticket), "websocket"))).toMatchObject({ identity: {} });
  await clock.advance(3000);
  expect(await outcome(node().admit(at(late.ticket), "websocket"))).toBe("unauthorized");
  await clock.advance(30_000);
  const { ticket } = await node().ticket(
    to("/api/tickets", await signed(claims({ exp: NOW_MS / 1000 + 600 }))),
  );
  await clock.advance(30_000);
  expect(await outcome(node().admit(at(ticket), "websocket"))).toBe("unauthorized");
});

Deno.test("[threat A9] what is no ticket of ours is none", async () => {
  const { node } = scene();
  const token = await signed(claims());
  const { ticket } = await node().ticket(to("/api/tickets", token));
  const holder = { userId: "anna", userName: "Anna" };
  const forged = await signed(
    { holder, jti: "x", aud: "denbun-ticket", exp: NOW_MS / 1000 + 30 },
    OLD_SECRET,
  );
  const byApp = await signed({ holder, jti: "x", aud: "denbun-ticket", exp: NOW_MS / 1000 + 30 });
  for (const wrong of ["", "x", token, forged, byApp, ticket.slice(0, -2), `${ticket}x`]) {
    expect(await outcome(node().admit(at(wrong), "websocket"))).toBe("unauthorized");
  }
  // and a ticket is no token
  expect(await outcome(node().admit(to("/ws", ticket), "websocket"))).toBe("unauthorized");
  expect(await outcome(node().ticket(at(ticket)))).toBe("unauthorized");
});

Deno.test("[threat A9] no ticket without a credential, and none from an unavailable store", async () => {
  const { store, node } = scene();
  expect(await outcome(node().ticket(to("/api/tickets")))).toBe("unauthorized");
  const known = node();
  const { ticket } = await known.ticket(to("/api/tickets", await signed(claims())));
  store.failing = "before";
  expect(await outcome(known.admit(at(ticket), "websocket"))).toBe("store_unavailable");
});

Deno.test("[threat A11] a ticket of a revoked token is none", async () => {
  const { node } = scene();
  const { ticket } = await node().ticket(to("/api/tickets", await signed(claims())));
  await node().revoke("anna");
  expect(await outcome(node().admit(at(ticket), "websocket"))).toBe("unauthorized");
});
