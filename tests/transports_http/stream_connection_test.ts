import { expect } from "@std/expect";
import { CloseCode } from "../../src/protocol/wire.ts";
import { Comments } from "../../src/transports/comments.ts";
import { StreamConnection } from "../../src/transports/stream_connection.ts";
import { FakeClock, turn } from "../harness/clock.ts";
import { EventParser } from "./harness/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

interface Fixture {
  readonly connection: StreamConnection;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly told: string[];
  readonly clock: FakeClock;
  /** Reads what is there, and a little later says what it was. */
  text(): Promise<string>;
}

function open(cursor?: () => string): Fixture {
  const clock = new FakeClock();
  const told: string[] = [];
  const connection = new StreamConnection({
    id: "c",
    clock,
    retryMs: 1500,
    ...cursor && { cursor },
    cancelled: () => told.push("cancelled"),
    finished: () => told.push("finished"),
  });
  const reader = connection.body.getReader();
  const text = async () => {
    const chunks: string[] = [];
    while (connection.unsentBytes() > 0) {
      chunks.push(new TextDecoder().decode((await reader.read()).value));
    }
    return chunks.join("");
  };
  return { connection, reader, told, clock, text };
}

Deno.test("[T1] the first thing a stream says is how long to wait before coming back", async () => {
  const { text } = open();
  expect(await text()).toBe("retry: 1500\n\n");
});

Deno.test("[R4] what the reader has not taken is counted, to the byte", async () => {
  const { connection, text } = open();
  await text();
  connection.send(bytes("12345"));
  connection.send("é");
  expect(connection.unsentBytes()).toBe(7);
  expect(await text()).toBe("12345é");
  expect(connection.unsentBytes()).toBe(0);
});

Deno.test("[R4] shared bytes are handed on as they are: neither copied nor taken from the other readers", async () => {
  const one = open();
  const other = open();
  await Promise.all([one.text(), other.text()]);
  const frame = bytes("same");
  for (const { connection } of [one, other]) connection.send(frame);
  expect((await one.reader.read()).value).toBe(frame);
  expect((await other.reader.read()).value).toBe(frame);
  expect(frame.length).toBe(4);
});

Deno.test("[T1] of several rooms the last event of a turn carries the cursor as it is at its end", async () => {
  let cursor = "a=e.0";
  const { connection, text } = open(() => cursor);
  await text();
  connection.send(bytes("\ndata: 1\n"));
  cursor = "a=e.1";
  connection.send(bytes("\ndata: 2\n\ndata: 3\n"));
  cursor = "a=e.3";
  await turn();
  const parser = new EventParser();
  expect(parser.push(bytes(await text())).map(({ data, lastEventId }) => [data, lastEventId])).toEqual([
    ["1", ""],
    ["2", ""],
    ["3", "a=e.3"],
  ]);
});

Deno.test("[T1] an end within a turn does not leave the last event open", async () => {
  const { connection, text } = open(() => "a=e.1");
  await text();
  connection.send(bytes("\ndata: 1\n"));
  connection.close(CloseCode.tokenExpired, "token expired");
  const events = new EventParser().push(bytes(await text()));
  expect(events.map(({ lastEventId }) => lastEventId)).toEqual(["a=e.1", "a=e.1"]);
  expect(JSON.parse(events[1]!.data)).toMatchObject({ type: "error", payload: { code: "unauthorized" } });
});

Deno.test("[T1] a reader who leaves ends it, once", async () => {
  const { connection, reader, told } = open();
  await reader.cancel();
  expect(told).toEqual(["cancelled", "finished"]);
  connection.send(bytes("x"));
  connection.comment();
  connection.close(CloseCode.normal, "");
  expect(connection.unsentBytes()).toBe(0);
  expect(told).toEqual(["cancelled", "finished"]);
});

Deno.test("[T1] a stream that was read to its end is finished at its close", async () => {
  const { connection, reader, told, text, clock } = open();
  await text();
  connection.close(CloseCode.restart, "restarting");
  expect(told).toEqual(["finished"]);
  expect((await reader.read()).done).toBe(true);
  expect(clock.timers).toBe(0);
});

Deno.test("[T1] what was sent before the end has a second to be read, then the stream is cut", async () => {
  const slow = open();
  slow.connection.send(bytes("last words"));
  slow.connection.close(CloseCode.restart, "restarting");
  expect(slow.told).toEqual([]);
  expect(await slow.text()).toBe("retry: 1500\n\nlast words");
  expect((await slow.reader.read()).done).toBe(true);

  const stuck = open();
  stuck.connection.send(bytes("last words"));
  stuck.connection.close(CloseCode.restart, "restarting");
  await stuck.clock.advance(1000);
  expect(stuck.told).toEqual(["finished"]);
  expect(await stuck.reader.read().catch((error) => String(error))).toMatch(/reader takes nothing/);
});

Deno.test("[R4] a reader that takes nothing is cut at once, and what waited for it is let go", async () => {
  const { connection, reader, told, clock } = open();
  connection.send(bytes("x".repeat(1000)));
  connection.close(CloseCode.notReading, "not reading");
  expect(told).toEqual(["finished"]);
  expect(connection.unsentBytes()).toBe(0);
  expect(await reader.read().catch((error) => String(error))).toMatch(/reader takes nothing/);
  expect(clock.timers).toBe(0);
});

Deno.test("[T1] a comment goes out every 15 s, and none to a reader that has not taken what it has", async () => {
  const clock = new FakeClock();
  const comments = new Comments(clock);
  const reading = open();
  const stuck = open();
  await reading.text();
  const ends = [reading, stuck].map(({ connection }) => comments.add(connection));
  const heard: string[] = [];
  for (let s = 0; s < 60; s++) {
    await clock.advance(1000);
    const text = await reading.text();
    if (text !== "") heard.push(`${s + 1} s ${JSON.stringify(text)}`);
  }
  expect(heard).toEqual([15, 30, 45, 60].map((s) => `${s} s ":\\n\\n"`));
  expect(await stuck.text()).toBe("retry: 1500\n\n");
  for (const end of ends) end();
  for (const end of ends) end();
  expect(clock.timers).toBe(0);
});

Deno.test("[T1] many streams that open at different times are commented at different times", async () => {
  const clock = new FakeClock();
  const comments = new Comments(clock);
  const counts: number[] = [];
  let count = 0;
  const ends = [];
  for (let s = 0; s < 15; s++) {
    for (let n = 0; n < 10; n++) ends.push(comments.add({ comment: () => count++ }));
    await clock.advance(1000);
  }
  for (let s = 0; s < 15; s++) {
    count = 0;
    await clock.advance(1000);
    counts.push(count);
  }
  expect(counts).toEqual(Array(15).fill(10));
  for (const end of ends) end();
});
