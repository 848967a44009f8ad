import { expect } from "@std/expect";
import * as fc from "fast-check";
import { joinRooms } from "../../src/hub/join.ts";
import { seal } from "../../src/hub/seal.ts";
import type { Codec, Frame } from "../../src/protocol/codecs/codec.ts";
import { eventStream, openEventStream } from "../../src/protocol/codecs/event_stream.ts";
import { formatCursor, parseCursor } from "../../src/protocol/cursor.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import { FakeConnection } from "../harness/connection.ts";
import { Harness } from "../harness/mod.ts";
import { EventParser, type ParsedEvent, site } from "./harness/mod.ts";

/** What would begin a new line, event or field, if it got out. */
const ATTACKS = [
  "\n\nevent: admin\ndata: x",
  "\r\rdata: x\r\r",
  "\r\n\r\ndata: x\r\n\r\n",
  "nul \0 byte",
  "line\u2028separator\u2029s",
  "\ufeffbom",
  "\u0085next line",
  "id: 9.9\nretry: 1",
  ": comment\n",
  "lone \ud800 surrogate",
];

function parse(frames: readonly Frame[], chunk = Infinity): ParsedEvent[] {
  const parser = new EventParser();
  const events: ParsedEvent[] = [];
  for (const frame of frames) {
    const bytes = frame as Uint8Array;
    for (let at = 0; at < bytes.length; at += Math.min(chunk, bytes.length)) {
      events.push(...parser.push(bytes.subarray(at, Math.min(bytes.length, at + chunk))));
    }
  }
  return events;
}

Deno.test("[T1] whatever a message holds arrives as the same text in one event", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...ATTACKS));
  const entry = fc.record({ content: texts, userName: texts });
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
      (all, chunk) => {
        const sealed = all.map((payload, at) =>
          Sealed.fromJson(JSON.stringify({ type: "new_message", payload }), "new_message", {
            epoch: "e",
            offset: at + 1,
          })
        );
        const events = parse(eventStream.encode(sealed), chunk);
        expect(events.map(({ data }) => JSON.parse(data).payload)).toEqual(all);
        expect(events.map(({ lastEventId }) => lastEventId)).toEqual(all.map((_, at) => `e.${at + 1}`));
        expect(events.every(({ type }) => type === "message")).toBe(true);
      },
    ),
  );
});

Deno.test("[T1] no attack reaches a reader as more than its text: over HTTP, byte by byte", async () => {
  await using relay = site();
  await using stream = await relay.user("ann").stream("rooms=tea");
  const { payload: { epoch } } = (await stream.until("joined_room")).envelope;
  const contents = ATTACKS.map((attack) => attack.toWellFormed());
  const ben = relay.user("ben");
  for (const content of contents) await ben.say("tea", content);
  const events = await stream.take(contents.length);
  expect(events.map(({ envelope }) => envelope.payload.content)).toEqual(contents);
  expect(events.map(({ lastEventId }) => lastEventId)).toEqual(contents.map((_, at) => `${epoch}.${at + 1}`));
  expect(events.every(({ type }) => type === "message")).toBe(true);
  expect(stream.parser.retryMs).toBeGreaterThanOrEqual(1000);
});

Deno.test("[T1] line breaks between the parts of JSON that another node sent do not end the event", () => {
  const pretty = '{"type":"event",\r\n  "payload":\n\n{"data":"a\\nb"}}';
  const [event, ...more] = parse(eventStream.encode([Sealed.fromJson(pretty)]));
  expect(JSON.parse(event!.data)).toEqual(JSON.parse(pretty));
  expect(more).toEqual([]);
});

Deno.test("[T1] an event without a place in the log keeps the reader's last id", () => {
  const nowMs = 0;
  const sealed = [
    Sealed.fromJson('{"type":"new_message"}', "new_message", { epoch: "e", offset: 7 }),
    seal("user_typing", { roomId: "tea", userId: "ann", userName: "Ann", typing: true }, nowMs),
  ];
  expect(parse(eventStream.encode(sealed)).map(({ lastEventId }) => lastEventId)).toEqual(["e.7", "e.7"]);
});

Deno.test("[T1] [R6] joined_room and reset carry where delivery goes on", () => {
  const joined = { roomId: "tea", epoch: "e", from: 3, offset: 9, users: [], count: 0, read: [], unread: 0 };
  const reset = { roomId: "tea", epoch: "f", offset: 12, reason: "epoch" } as const;
  const events = parse(eventStream.encode([seal("joined_room", joined, 0), seal("reset", reset, 0)]));
  expect(events.map(({ lastEventId }) => lastEventId)).toEqual(["e.3", "f.12"]);
});

Deno.test("[T1] frames of several rooms leave their last event open for the id", () => {
  const sealed = ["a", "b"].map((type) => Sealed.fromJson(`{"type":"${type}"}`));
  const [frame] = openEventStream.encode(sealed) as [Uint8Array<ArrayBuffer>];
  const parser = new EventParser();
  expect(parser.push(frame).map(({ data }) => data)).toEqual(['{"type":"a"}']);
  expect(parser.push(new TextEncoder().encode("id: tea=e.1\n\n"))).toEqual([
    { type: "message", data: '{"type":"b"}', lastEventId: "tea=e.1" },
  ]);
  // without an id the next frame ends it
  parser.push(frame);
  expect(parser.push(frame).map(({ data }) => data)).toEqual(['{"type":"b"}', '{"type":"a"}']);
});

Deno.test("[T1] a room's readers are all handed the same bytes, encoded once", async () => {
  using hub = new Harness();
  const sender = await hub.member("zoe", "tea");
  let encoded = 0;
  const codec: Codec = {
    ...eventStream,
    encode: (sealed) => (encoded++, eventStream.encode(sealed)),
  };
  const readers = await Promise.all(["ann", "ben", "cid"].map(async (userId) => {
    const connection = new FakeConnection(userId);
    const identity = { userId, userName: userId };
    const { session } = hub.hub.attach(connection, { identity, codec, transport: "sse", welcome: false });
    await joinRooms(hub.hub, session, [{ roomId: "tea", history: 0, echo: true }], () => {});
    return connection;
  }));
  await hub.settle();
  const before = encoded;
  await sender.ask("send_message", { roomId: "tea", content: "x" });
  await hub.settle();
  expect(encoded - before).toBe(1);
  const frames = readers.map(({ arrived }) => arrived.at(-1));
  expect(parse([frames[0]!]).map(({ lastEventId }) => lastEventId)).toEqual(["e1.1"]);
  for (const frame of frames) expect(frame).toBe(frames[0]);
});

Deno.test("[T1] a cursor of several rooms is read back, and nothing else is taken for one", () => {
  const cursor = new Map([["team-1:a|b@c", { epoch: "x1", offset: 0 }], ["tea", {
    epoch: "y_-",
    offset: 42,
  }]]);
  expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  for (
    const text of [
      "",
      "tea",
      "tea=",
      "tea=x",
      "tea=x.1,",
      "=x.1",
      "tea=x.-1",
      "tea=x.01",
      "t ea=x.1",
      "tea=x.1=y.2,\n",
    ]
  ) {
    expect({ text, cursor: parseCursor(text) }).toEqual({ text, cursor: undefined });
  }
});
