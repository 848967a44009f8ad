/**
 * What a room's flush costs once for each codec, and what a client's frame costs.
 * @module
 */
import { codecs } from "../../src/protocol/codecs/mod.ts";
import { eventStream } from "../../src/protocol/codecs/event_stream.ts";
import { Sealed } from "../../src/protocol/sealed.ts";

const MESSAGES = 32;

function message(n: number): Sealed {
  return Sealed.of({
    type: "new_message",
    payload: {
      id: crypto.randomUUID(),
      roomId: "room",
      epoch: "0123456789abcdef",
      offset: n,
      messageId: crypto.randomUUID(),
      userId: `user-${n}`,
      userName: `User ${n}`,
      content: "x".repeat(128),
      replyTo: null,
      timestamp: new Date().toISOString(),
    },
    timestamp: new Date().toISOString(),
  });
}

for (const codec of [...codecs, eventStream]) {
  const group = `${MESSAGES} messages that were just sealed`;
  Deno.bench({
    group,
    name: codec.name,
    baseline: codec.name === "denbun.json.batch",
    fn(b) {
      // parts are encoded once and kept: each run has messages of its own
      const sealed = Array.from({ length: MESSAGES }, (_, n) => message(n));
      b.start();
      codec.encode(sealed);
      b.end();
    },
  });
}

for (const codec of codecs) {
  const [frame] = codec.encode([
    Sealed.of({
      type: "send_message",
      payload: { roomId: "room", content: "x".repeat(128), replyTo: null },
      messageId: crypto.randomUUID(),
    }),
  ]);
  Deno.bench({ group: "a client's frame", name: codec.name, fn: () => void codec.decode(frame!) });
}
