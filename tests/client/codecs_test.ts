import { expect } from "@std/expect";
import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { json, jsonBatch } from "../../src/client/codec.ts";
import { msgpack } from "../../src/client/msgpack.ts";
import { createBatches } from "../../src/client/transports/batches.ts";
import type { ClientCodec } from "../../src/client/types.ts";
import { codecs as serverCodecs } from "../../src/protocol/codecs/mod.ts";
import type { Envelope } from "../../src/protocol/messages.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import vectors from "../vectors/codecs.json" with { type: "json" };

const codecs: readonly ClientCodec[] = [json, jsonBatch, msgpack];

type Stored = { text?: string; base64?: string };
type Frame = string | Uint8Array<ArrayBuffer>;

function frameOf({ text, base64 }: Stored): Frame {
  return text ?? Uint8Array.fromBase64(base64!);
}

/** A frame as a socket hands it over. */
function received(frame: Frame): string | ArrayBuffer {
  return typeof frame === "string" ? frame : frame.slice().buffer;
}

/** The frames that a codec makes of envelopes that are said in one turn. */
function written(codec: ClientCodec, envelopes: readonly Envelope[]): Frame[] {
  const frames: Frame[] = [];
  const { add, flush } = createBatches(codec, (frame) => frames.push(frame));
  envelopes.forEach(add);
  flush();
  return frames;
}

const envelopesOf = vectors.envelopes as unknown as Record<string, Envelope[]>;

for (const codec of codecs) {
  const { subprotocol } = codec;
  const mine = vectors.vectors.filter((vector) => vector.codec === subprotocol);
  Deno.test(`[C1] ${subprotocol}: the SDK reads and writes each shared vector`, () => {
    expect(mine.length).toBeGreaterThan(2);
    for (const { name, frames } of mine) {
      const known = (frames as Stored[]).map(frameOf);
      expect(known.flatMap((frame) => codec.decode(received(frame)))).toEqual(envelopesOf[name]);
      expect(written(codec, envelopesOf[name]!)).toEqual(known);
    }
  });

  Deno.test(`[C1] ${subprotocol}: SDK and server read each other, whatever is said`, () => {
    const server = serverCodecs.find(({ name }) => name === subprotocol)!;
    // the protocol lets no such key in [A5]
    const data = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"));
    fc.assert(
      fc.property(fc.array(data, { minLength: 1, maxLength: 250 }), (list) => {
        const envelopes: Envelope[] = list.map((data, n) =>
          JSON.parse(JSON.stringify({ type: "event", payload: { data }, messageId: `m${n}` }))
        );
        const up = written(codec, envelopes);
        expect(up.flatMap((frame) => server.decode(frame))).toEqual(envelopes);
        if (codec.join) expect(up.length).toBeLessThanOrEqual(1 + Math.ceil(envelopes.length / 100) * 4);
        const down = server.encode(envelopes.map((envelope) => Sealed.of(envelope)));
        expect(down.flatMap((frame) => codec.decode(received(frame)))).toEqual(envelopes);
      }),
      { numRuns: 50 },
    );
  });
}

Deno.test("[C1] a batch holds at most 100 envelopes and ends where it saves nothing more", () => {
  const pings = Array.from({ length: 250 }, () => ({ type: "ping", payload: {} }));
  expect(written(jsonBatch, pings).map((frame) => jsonBatch.decode(received(frame)).length)).toEqual(
    [100, 100, 50],
  );
  const large = (bytes: number) => ({ type: "publish", payload: { data: "x".repeat(bytes) } });
  expect(written(jsonBatch, [large(40_000), large(40_000), large(10), large(10)])).toHaveLength(2);
  expect(written(json, pings.slice(0, 3))).toHaveLength(3);
});

Deno.test("[C1] what is said in one turn goes out with its end, in one frame", async () => {
  const frames: Frame[] = [];
  const { add } = createBatches(jsonBatch, (frame) => frames.push(frame));
  for (const type of ["a", "b", "c"]) add({ type, payload: {} });
  expect(frames).toEqual([]);
  await Promise.resolve();
  expect(frames).toHaveLength(1);
});

Deno.test("[C1] MessagePack carries bytes as bytes, and leaves out what is undefined", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const [frame] = written(msgpack, [{ type: "publish", payload: { data: bytes, key: undefined } }]);
  expect(msgpack.decode(received(frame!))).toEqual([{ type: "publish", payload: { data: bytes } }]);
});

Deno.test("[L] MessagePack bombs are refused in no time, also by the SDK", () => {
  const nested = new Uint8Array(200);
  for (let n = 0; n < 40; n++) nested.set([0xdd, 0x01, 0x00, 0x00, 0x00], n * 5);
  const deep = new Uint8Array(60_000).fill(0x91);
  const headers = [0xdd, 0xdf, 0xdb, 0xc6, 0xc9].map((head) =>
    new Uint8Array([head, 0xff, 0xff, 0xff, 0xff])
  );
  for (const bomb of [nested, deep, ...headers]) expect(() => msgpack.decode(bomb.buffer)).toThrow();
  expect(() => msgpack.decode("{}")).toThrow("text");
});

Deno.test("[J1f] MessagePack: a page of history may hold messages as deep as any may be", () => {
  // 32 with the envelope and its payload around it [L2]
  let data: unknown = 1;
  for (let n = 0; n < 30; n++) data = [data];
  const message = { type: "event", payload: { data } };
  const ack = { type: "ack", messageId: "m", payload: { success: true, messages: [message] } };
  expect(msgpack.decode(encode({ type: "batch", payload: [ack] }).slice().buffer)).toEqual([ack]);
});
