import { expect } from "@std/expect";
import type { WebSocketConstructor } from "../../src/client/types.ts";
import { settle, setup } from "./harness/mod.ts";
import { over, serve, until } from "./harness/real.ts";

Deno.test("[C3] a guest's session is kept, told to the page and shown on reconnect", async () => {
  const sessions: (string | undefined)[] = [];
  const { relay, socket, reconnect, welcome } = await setup({
    name: "Ann",
    onSession: (s) => sessions.push(s),
  });
  await welcome({ userId: "guest-1", session: "s1" });
  expect(relay.session).toBe("s1");
  expect(sessions).toEqual(["s1"]);
  await reconnect();
  expect(socket().protocols).toEqual(["denbun.json", "bearer.s1"]);
  expect(sessions).toEqual(["s1"]);
  relay.close();
});

Deno.test("[C3] a session of an earlier visit is shown from the start", async () => {
  const { relay, socket } = await setup({ session: "old" });
  expect(socket().protocols).toEqual(["denbun.json", "bearer.old"]);
  relay.close();
});

Deno.test("an application's token goes before a session", async () => {
  const { relay, socket } = await setup({ token: "mine", session: "old" });
  expect(socket().protocols).toEqual(["denbun.json", "bearer.mine"]);
  relay.close();
});

Deno.test("[C3] a session that the server refuses is given up, and a new guest connects", async () => {
  await using server = serve();
  const sessions: (string | undefined)[] = [];
  using relay = over(server, { session: "stale", onSession: (session) => sessions.push(session) });
  await until(relay, ({ status }) => status === "online");
  expect(relay.state).toMatchObject({ transport: "ws" });
  expect(sessions).toEqual([undefined, relay.session]);
});

Deno.test("[C3] an outage does not make a guest another user, however long it is", async () => {
  await using server = serve();
  using before = over(server);
  await before.ready;
  let isDown = true;
  const Socket = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      // nothing listens there
      super(isDown ? "ws://127.0.0.1:1/" : url, protocols);
    }
  };
  using after = over(server, {
    session: before.session!,
    WebSocket: Socket as unknown as WebSocketConstructor,
    fetch: (url, init) => isDown ? Promise.reject(new TypeError("no network")) : fetch(url, init),
  });
  await until(after, (state) => state.status === "reconnecting" && state.attempt > 8);
  isDown = false;
  await until(after, ({ status }) => status === "online");
  expect(after.self).toEqual(before.self);
});

Deno.test("[C5] when a guest's session expires, a new guest connects", async () => {
  const { clock, relay, socket, welcome } = await setup();
  await welcome({ userId: "guest-1", session: "s1" });
  socket().ends(4000);
  expect(relay.session).toBeUndefined();
  await clock.advance(1000);
  expect(socket().protocols).toEqual(["denbun.json"]);
  relay.close();
});

const full = () => {
  throw new Error("storage is full");
};
const FAILING = { throws: full, rejects: () => Promise.resolve().then(full) };

for (const [how, onSession] of Object.entries(FAILING)) {
  Deno.test(`an onSession that ${how} is reported, and the relay goes on`, async () => {
    const { relay, problems, welcome } = await setup({ onSession });
    await welcome({ session: "s1" });
    expect(problems[0]!.error.message).toContain("storage is full");
    expect(relay.state.status).toBe("online");
    relay.close();
  });
}

for (const told of ["given", "taken"]) {
  Deno.test(`a relay that is closed when a session is ${told} stays closed, and leaves no timer`, async () => {
    const { clock, relay, sockets, welcome, problems } = await setup({
      onSession: (session) => (session ? "given" : "taken") === told && relay.close(),
    });
    const first = await welcome({ session: "s1" });
    first.ends(4000);
    await settle();
    expect(relay.state.status).toBe("closed");
    expect(clock.pending).toBe(0);
    expect(sockets.length).toBe(1);
    expect(problems).toEqual([]);
  });
}
