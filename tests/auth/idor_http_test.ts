import { expect } from "@std/expect";
import { eventually, site, type User } from "../transports_http/harness/mod.ts";

/** Only Anna may anything. */
const policy = ({ userId }: { readonly userId: string }) => userId === "anna";

type Ask = (user: User, roomId: string) => Promise<Response>;

const send = (type: string, payload: object): [string, Ask] => [
  `POST /api/send ${type} ${JSON.stringify(payload)}`,
  (user, roomId) => user.post("/api/send", { type, payload: { roomId, ...payload }, messageId: "m" }),
];

const asks: [string, Ask][] = [
  ["GET …/messages", (user, roomId) => user.fetch(`/api/rooms/${roomId}/messages`)],
  ["GET …/messages?since", (user, roomId) => user.fetch(`/api/rooms/${roomId}/messages?since=e.0`)],
  ["GET …/wait", (user, roomId) => user.fetch(`/api/rooms/${roomId}/messages/wait?since=e.0&timeoutMs=0`)],
  ["GET /api/events", (user, roomId) => user.fetch(`/api/events?rooms=${roomId}`)],
  ["GET /api/events of two", (user, roomId) => user.fetch(`/api/events?rooms=${roomId},tea`)],
  ["POST …/messages", (user, roomId) => user.post(`/api/rooms/${roomId}/messages`, { content: "in" })],
  send("send_message", { content: "in" }),
  send("publish", { event: "x", ephemeral: true }),
  send("get_history", {}),
  send("get_room_users", {}),
  send("read_messages", { epoch: "e", upTo: 1 }),
  send("typing_start", {}),
];

async function answer(ask: Ask, user: User, roomId: string) {
  const response = await ask(user, roomId);
  const { status, headers } = response;
  const forbidden = status === 403;
  // a stream that was opened would never end
  const text = forbidden ? await response.text() : (await response.body?.cancel(), "");
  return {
    forbidden,
    told: `${status} ${headers.get("etag")} ${headers.get("content-type")} ${text}`
      .replaceAll(roomId, "ROOM").replace(/"timestamp":"[^"]+"/, ""),
  };
}

for (const [name, ask] of asks) {
  Deno.test(`[threat B1] ${name} in a room one may not enter is forbidden, the same as in one that is not there`, async () => {
    await using relay = site({ policy });
    await relay.user("anna").say("board", "secret");
    const there = await answer(ask, relay.user("eve"), "board");
    expect(there.forbidden).toBe(true);
    expect(there).toEqual(await answer(ask, relay.user("eve"), "nowhere"));
    expect(there.told).not.toContain("secret");
    // the control: who may is not refused so
    expect((await answer(ask, relay.user("anna"), "board")).forbidden).toBe(false);
    await eventually(() => relay.relay.hub.sessionCount === 0, "no stream is left");
  });
}

Deno.test("[threat B3] over HTTP too identity and place in a payload are ignored", async () => {
  await using relay = site();
  const spoofed = { userId: "anna", userName: "Anna", offset: 99, epoch: "mine", timestamp: "1999", id: "1" };
  const eve = relay.user("eve");
  await eve.post("/api/rooms/tea/messages", { content: "hi", ...spoofed })
    .then((response) => response.body?.cancel());
  await eve.send({ type: "send_message", payload: { roomId: "tea", content: "hi", ...spoofed }, ...spoofed });
  const { messages } = await eve.poll("tea");
  expect(messages.map(({ payload: { userId, userName, offset } }) => [userId, userName, offset]))
    .toEqual([["eve", "EVE", 1], ["eve", "EVE", 2]]);
  expect(JSON.stringify(messages)).not.toMatch(/mine|1999/);
});

const numbers = [
  "1e9",
  "201",
  "0",
  "-1",
  "1.5",
  "NaN",
  "Infinity",
  "0x10",
  "1e2",
  "%205",
  "",
  "٣",
  "1".repeat(30),
];
for (const wrong of numbers) {
  Deno.test(`[threat B6] [threat B9] over HTTP a limit of ${JSON.stringify(wrong.slice(0, 9))} is 400`, async () => {
    await using relay = site();
    const anna = relay.user("anna");
    const paths = ["messages?limit=", "messages/wait?timeoutMs=0&limit=", "messages?since=e."];
    // an offset may be larger than a page
    for (const path of ["1e9", "201", "0"].includes(wrong) ? paths.slice(0, 2) : paths) {
      const response = await anna.fetch(`/api/rooms/tea/${path}${wrong}`);
      expect([path, response.status, (await response.json()).code]).toEqual([path, 400, "bad_request"]);
    }
    // the control: what is a number within bounds is answered
    for (const path of paths) {
      const response = await anna.fetch(`/api/rooms/tea/${path}5`);
      expect([path, response.status]).toEqual([path, 200]);
      await response.body?.cancel();
    }
  });
}
