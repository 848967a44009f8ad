import { expect } from "@std/expect";
import { negotiate } from "../../src/protocol/codecs/mod.ts";
import { Harness } from "../harness/mod.ts";

const offers: [string[], { codec: string; echo: string | undefined } | undefined][] = [
  [[], { codec: "denbun.json", echo: undefined }],
  [["denbun.json"], { codec: "denbun.json", echo: "denbun.json" }],
  [["denbun.json.batch"], { codec: "denbun.json.batch", echo: "denbun.json.batch" }],
  [["denbun.json.deflate"], { codec: "denbun.json.deflate", echo: "denbun.json.deflate" }],
  [["denbun.msgpack", "denbun.json"], { codec: "denbun.msgpack", echo: "denbun.msgpack" }],
  [["denbun.json", "denbun.msgpack"], { codec: "denbun.json", echo: "denbun.json" }],
  [["denbun.msgpack.deflate"], { codec: "denbun.msgpack.deflate", echo: "denbun.msgpack.deflate" }],
  [["denbun.future", "denbun.json"], { codec: "denbun.json", echo: "denbun.json" }],
  [["bearer.abc", "denbun.json"], { codec: "denbun.json", echo: "denbun.json" }],
  [["denbun.json", "bearer.abc"], { codec: "denbun.json", echo: "denbun.json" }],
  [["denbun.future"], undefined],
  [["DENBUN.JSON"], undefined],
  [["constructor"], undefined],
  // browsers abort when nothing they offered is chosen, and a credential is never echoed
  [["bearer.abc"], undefined],
];
for (const [offered, expected] of offers) {
  Deno.test(`[C1] offered [${offered}], chosen ${expected?.echo ?? (expected ? "JSON" : "nothing")}`, () => {
    const chosen = negotiate(offered);
    expect(chosen && { codec: chosen.codec.name, echo: chosen.echo }).toEqual(expected);
  });
}

Deno.test("[C1] every frame is one envelope of JSON text", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (let n = 0; n < 20; n++) ben.send("send_message", { roomId: "tea", content: `hello ${n}` });
  await relay.settle();
  expect(anna.offsets("tea").length).toBe(20);
  for (const frame of anna.connection.arrived) {
    expect(typeof frame).toBe("string");
    expect(Array.isArray(JSON.parse(frame as string))).toBe(false);
  }
});

Deno.test("[C4] the first frame down is welcome, with what a client must know", () => {
  using relay = new Harness();
  const anna = relay.connect("anna", { userName: "Anna" });
  expect(anna.all()).toEqual([{
    type: "welcome",
    payload: {
      connectionId: "conn-1",
      userId: "anna",
      userName: "Anna",
      nodeId: "node-1",
      heartbeatMs: 25_000,
      maxMessageBytes: 65_536,
    },
    timestamp: "2026-11-21T10:30:00.000Z",
  }]);
});

Deno.test("[H0] a client that says nothing is let be", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  await relay.advance(6 * 3600_000);
  expect(anna.closed).toBeUndefined();
  await ben.ask("send_message", { roomId: "tea", content: "still there?" });
  expect(anna.offsets("tea")).toEqual([1]);
});

Deno.test("[H2] ping is answered by pong", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  anna.news();
  anna.raw('{"type":"ping"}');
  anna.send("ping", {});
  await relay.settle();
  expect(anna.news().map(({ type, payload }) => ({ type, payload }))).toEqual([
    { type: "pong", payload: {} },
    { type: "pong", payload: {} },
  ]);
});

Deno.test("[H2] ping with a messageId is answered by pong and ack", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  anna.news();
  anna.send("ping", {}, "m1");
  await relay.settle();
  expect(anna.news().map(({ type, messageId }) => [type, messageId])).toEqual([
    ["pong", undefined],
    ["ack", "m1"],
  ]);
});

Deno.test("[H2] a pong does not wait for a store that is slow", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const release = relay.store.hold("append");
  anna.send("send_message", { roomId: "tea", content: "slow" }, "m1");
  anna.send("ping", {});
  await relay.settle();
  expect(anna.news().map(({ type }) => type)).toEqual(["pong"]);
  release();
  await relay.settle();
  expect(anna.news().map(({ type }) => type)).toEqual(["ack", "new_message"]);
});
