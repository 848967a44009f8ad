import { expect } from "@std/expect";
import { sid, site } from "./harness/mod.ts";

Deno.test("[T4] POST /api/send takes one envelope and answers its ack envelope", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const envelope = {
    type: "send_message",
    payload: { roomId: "tea", content: "hi", replyTo: null },
    messageId: "m-1",
  };
  const response = await ann.post("/api/send", envelope);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  const ack = await response.json();
  expect(ack).toMatchObject({
    type: "ack",
    messageId: "m-1",
    payload: { success: true, roomId: "tea", offset: 1, duplicate: false },
  });
  const page = await ann.poll("tea");
  expect(page.messages[0]).toMatchObject({
    type: "new_message",
    messageId: "m-1",
    payload: { id: ack.payload.savedId, userId: "ann", userName: "ANN", content: "hi" },
  });
});

Deno.test("[T4] [A2] repeated over whichever way, a message is stored once", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const envelope = { type: "send_message", payload: { roomId: "tea", content: "hi" }, messageId: "m-1" };
  const first = (await ann.send(envelope)).payload;
  const again = (await ann.send(envelope)).payload;
  expect(again).toEqual({ ...first, duplicate: true });
  const plain = await ann.post("/api/rooms/tea/messages", { content: "hi", messageId: "m-1" });
  expect([plain.status, (await plain.json()).savedId]).toEqual([200, first.savedId]);
  const other = await ann.post("/api/send", { ...envelope, payload: { roomId: "tea", content: "other" } });
  expect([other.status, (await other.json()).payload.error.code]).toEqual([409, "conflict"]);
  expect((await ann.poll("tea")).messages).toHaveLength(1);
});

Deno.test("[T4] the plain form answers 201 with where the message is, and gives it an id", async () => {
  await using relay = site();
  const response = await relay.user("ann").post("/api/rooms/tea/messages", { content: "hi", replyTo: "abc" });
  expect(response.status).toBe(201);
  const saved = await response.json();
  expect(saved).toMatchObject({ roomId: "tea", offset: 1, duplicate: false });
  expect(saved.messageId).toMatch(/^[A-Za-z0-9_.:-]{1,64}$/);
  const [message] = (await relay.user("ann").poll("tea")).messages;
  expect(message).toMatchObject({
    messageId: saved.messageId,
    payload: { id: saved.savedId, replyTo: "abc" },
  });
});

Deno.test("[T4] sending needs the right to write, not a join, and nobody reads what may not be written", async () => {
  await using relay = site({ policy: (_identity, right) => right === "read" });
  const ann = relay.user("ann");
  const ack = await ann.post("/api/send", { type: "send_message", payload: { roomId: "tea", content: "x" } });
  expect(ack.status).toBe(403);
  expect((await ack.json()).payload).toMatchObject({ success: false, error: { code: "forbidden" } });
  const plain = await ann.post("/api/rooms/tea/messages", { content: "x" });
  expect([plain.status, plain.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
  expect((await plain.json()).code).toBe("forbidden");
  expect((await ann.poll("tea")).messages).toEqual([]);
});

Deno.test("[T4] [E4] what is wrong with an envelope stands in its ack; what is no envelope is a problem", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const acked: [object, number, string][] = [
    [{ type: "nonsense", payload: {} }, 400, "unknown_type"],
    [{ type: "new_message", payload: {} }, 400, "unknown_type"],
    [{ type: "send_message", payload: { roomId: "tea" } }, 400, "bad_request"],
    [{ type: "send_message", payload: { roomId: "tea", content: "" } }, 400, "bad_request"],
    [{ type: "join_room", payload: { roomId: "tea" } }, 400, "bad_request"],
    [{ type: "authenticate", payload: { token: "x" } }, 400, "bad_request"],
    [{ type: "leave_room", payload: { roomId: "tea" } }, 409, "not_joined"],
  ];
  for (const [envelope, status, code] of acked) {
    const response = await ann.post("/api/send", { ...envelope, messageId: "m" });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      type: "ack",
      messageId: "m",
      payload: { success: false, error: { code } },
    });
  }
  const deep = JSON.parse("[".repeat(40) + "]".repeat(40));
  const bad = [
    [],
    null,
    "x",
    { type: "ping", payload: 1 },
    { payload: {} },
    { type: "send_message", payload: { roomId: "tea", content: "x" }, messageId: "not an id" },
  ];
  for (const body of bad) {
    const response = await ann.post("/api/send", body);
    expect([body, response.status, (await response.json()).code]).toEqual([body, 400, "bad_request"]);
  }
  const nested = await ann.send({ type: "publish", payload: { roomId: "tea", event: "e", data: deep } });
  expect(nested.payload.error).toMatchObject({ code: "bad_request" });
  const broken = await ann.fetch("/api/send", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"type":',
  });
  expect([broken.status, (await broken.json()).code]).toEqual([400, "bad_request"]);
});

Deno.test("[T4] a batch is no envelope: one request, one envelope", async () => {
  await using relay = site();
  const one = { type: "send_message", payload: { roomId: "tea", content: "x" } };
  const response = await relay.user("ann").post("/api/send", { type: "batch", payload: [one, one] });
  expect([response.status, (await response.json()).code]).toEqual([400, "bad_request"]);
  expect((await relay.user("ann").poll("tea")).messages).toEqual([]);
});

Deno.test("[T4] a body over 64 KiB is 413 before it is parsed, declared or chunked", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const big = JSON.stringify({
    type: "send_message",
    payload: { roomId: "tea", content: "x".repeat(70_000) },
  });
  const chunked = () =>
    new ReadableStream({
      start(controller) {
        const bytes = new TextEncoder().encode(big);
        for (let at = 0; at < bytes.length; at += 10_000) controller.enqueue(bytes.slice(at, at + 10_000));
        controller.close();
      },
    });
  for (const path of ["/api/send", "/api/rooms/tea/messages"]) {
    for (const body of [() => big, chunked]) {
      const response = await ann.fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: body(),
      });
      expect([path, response.status, (await response.json()).code]).toEqual([path, 413, "too_large"]);
    }
  }
  // a body that is no JSON at all shows that it was not parsed before
  const noise = await ann.fetch("/api/send", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "[".repeat(1_000_000),
  });
  expect([noise.status, (await noise.json()).code]).toEqual([413, "too_large"]);
});

Deno.test("[T4] a body that is not JSON by its type is refused: no form can send for its visitor", async () => {
  await using relay = site();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", undefined]) {
    const response = await relay.user("ann").fetch("/api/send", {
      method: "POST",
      headers: type === undefined ? {} : { "content-type": type },
      body: new Blob([JSON.stringify({ type: "ping", payload: {} })], { type: type ?? "" }),
    });
    expect(response.status).toBe(415);
    await response.body?.cancel();
  }
});

Deno.test("[T4] ephemeral events and typing reach the members, whoever sends without a connection", async () => {
  await using relay = site();
  await using stream = await relay.user("ben").stream("rooms=tea");
  await stream.until("joined_room");
  const ann = relay.user("ann");
  const event = { type: "publish", payload: { roomId: "tea", event: "wave", data: 1, ephemeral: true } };
  expect((await ann.send(event)).payload).toEqual({ success: true });
  expect((await stream.next())?.envelope).toMatchObject({
    type: "event",
    payload: { event: "wave", data: 1, userId: "ann" },
  });
  await ann.send({ type: "typing_start", payload: { roomId: "tea" } });
  expect((await stream.next())?.envelope.payload).toMatchObject({ userId: "ann", typing: true });
  await ann.send({ type: "typing_end", payload: { roomId: "tea" } });
  expect((await stream.next())?.envelope.payload).toMatchObject({ userId: "ann", typing: false });
});

Deno.test("[T4] [A4] read marks move without a join, and are told", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  await using stream = await relay.user("ben").stream("rooms=tea");
  await stream.until("joined_room");
  const mark = (upTo: number) => ann.send({ type: "read_messages", payload: { roomId: "tea", epoch, upTo } });
  expect((await mark(1)).payload).toMatchObject({ success: true, upTo: 1 });
  expect((await stream.until("messages_read")).envelope.payload).toMatchObject({ userId: "ann", upTo: 1 });
  expect((await mark(2)).payload.error.code).toBe("bad_request");
});

Deno.test("[T4] history and ping answer in their acks", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await ann.say("tea", "1");
  const history = await ann.send({ type: "get_history", payload: { roomId: "tea" } });
  expect(history.payload).toMatchObject({ success: true, offset: 1, hasMore: false });
  expect(history.payload.messages).toHaveLength(1);
  expect((await ann.send({ type: "ping" })).payload).toEqual({ success: true });
});

Deno.test("[T4] a poller that says it leaves is gone after the grace, not after its next poll is overdue", async () => {
  await using relay = site({ limits: { leaveGraceMs: 20 } });
  await using stream = await relay.user("ben").stream("rooms=tea");
  await stream.until("joined_room");
  const ann = relay.user("ann");
  const name = sid();
  await ann.poll("tea", `?sid=${name}`);
  expect((await stream.until("user_joined")).envelope.payload.userId).toBe("ann");
  const left = await ann.send({ type: "leave_room", payload: { roomId: "tea" } }, name);
  expect(left.payload).toEqual({ success: true, roomId: "tea" });
  expect((await stream.until("user_left")).envelope.payload.userId).toBe("ann");
});

Deno.test("[L] what is sent counts against the rate of its user: 429, and when to try again", async () => {
  await using relay = site({ limits: { ratePerSecond: 1, rateBurst: 2 } });
  const ann = relay.user("ann");
  for (let n = 0; n < 2; n++) await ann.say("tea", "x");
  const response = await ann.post("/api/send", {
    type: "send_message",
    payload: { roomId: "tea", content: "x" },
  });
  expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
  expect((await response.json()).payload.error).toMatchObject({ code: "rate_limited", retryable: true });
  const plain = await ann.post("/api/rooms/tea/messages", { content: "x" });
  expect([plain.status, (await plain.json()).code]).toEqual([429, "rate_limited"]);
});

Deno.test("[L] [T0] names of sessions come no faster than requests may, also where something is sent", async () => {
  await using relay = site({ limits: { ratePerSecond: 1, rateBurst: 4 } });
  const ann = relay.user("ann");
  const send = (name: string) =>
    ann.post("/api/rooms/tea/messages", { content: "x" }, { "denbun-session": name });
  const one = sid();
  const statuses: number[] = [];
  // the first time its name counts, too
  for (const name of [one, one, sid(), sid(), sid()]) {
    const response = await send(name);
    statuses.push(response.status);
    await response.body?.cancel();
  }
  expect(statuses).toEqual([201, 201, 429, 429, 429]);
  const { store } = relay.relay.hub;
  expect((await store.list("sessions")).length).toBeLessThanOrEqual(2);
});

Deno.test("[T4] [A3] while draining what is sent is refused and may be tried elsewhere", async () => {
  await using relay = site();
  await relay.relay.drain(50);
  const response = await relay.user("ann").post("/api/rooms/tea/messages", { content: "x" });
  expect([response.status, (await response.json()).code]).toEqual([503, "draining"]);
});

Deno.test("[C2] pages of other origins may not send", async () => {
  await using relay = site();
  const envelope = { type: "send_message", payload: { roomId: "tea", content: "x" } };
  const response = await relay.user("ann").post("/api/send", envelope, { origin: "https://evil.example" });
  expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  await response.body?.cancel();
});
