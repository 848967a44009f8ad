import { expect } from "@std/expect";
import { setup } from "./harness/mod.ts";

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

Deno.test("a session that the server refuses is given up after it was proved that the server is up", async () => {
  const sessions: (string | undefined)[] = [];
  const { clock, relay, socket, sockets, welcome } = await setup({
    session: "stale",
    onSession: (s) => sessions.push(s),
  });
  socket().ends(1006);
  await clock.advance(1000);
  expect(socket().protocols.length).toBe(2);
  socket().ends(1006);
  // twice in vain: without it
  await clock.advance(2000);
  expect(socket().protocols.length).toBe(1);
  await welcome({ userId: "guest-2", session: "new" });
  // the server is up: at once with it again
  expect(relay.state.status).toBe("reconnecting");
  expect(relay.self).toBeUndefined();
  expect(sockets[2]!.closed?.code).toBe(1000);
  expect(socket().protocols[1]).toBe("bearer.stale");
  expect(sessions).toEqual([]);
  socket().ends(1006);
  expect(sessions).toEqual([undefined]);
  await clock.advance(4000);
  expect(socket().protocols.length).toBe(1);
  await welcome({ userId: "guest-3", session: "s3" });
  expect(relay.state.status).toBe("online");
  expect(sessions).toEqual([undefined, "s3"]);
  relay.close();
});

Deno.test("an outage does not make a guest another user: the session is good once the server is back", async () => {
  const { clock, relay, socket, welcome } = await setup({ session: "good" });
  for (const waitMs of [1000, 2000]) {
    socket().ends(1006);
    await clock.advance(waitMs);
  }
  // the server comes back just for the attempt without the session
  await welcome({ userId: "guest-9", session: "other" });
  await welcome({ userId: "guest-1" });
  expect(relay.session).toBe("good");
  expect(relay.self?.userId).toBe("guest-1");
  expect(relay.state.status).toBe("online");
  relay.close();
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

Deno.test("an onSession that throws is reported, and the relay goes on", async () => {
  const { relay, problems, welcome } = await setup({
    onSession: () => {
      throw new Error("storage is full");
    },
  });
  await welcome({ session: "s1" });
  expect(problems[0]!.error.message).toContain("storage is full");
  expect(relay.state.status).toBe("online");
  relay.close();
});
