import { expect } from "@std/expect";
import { decode, encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { type Codec, codecs, negotiate } from "../../src/protocol/codecs/mod.ts";
import type { Frame } from "../../src/protocol/codecs/codec.ts";
import { isWhole } from "../../src/protocol/codecs/msgpack_scan.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import { Subprotocol } from "../../src/protocol/wire.ts";
import vectors from "../vectors/codecs.json" with { type: "json" };

type Envelope = { type: string; payload: object };
type Stored = { text?: string; base64?: string };

function codecNamed(name: string): Codec {
  return codecs.find((codec) => codec.name === name)!;
}

function frameOf({ text, base64 }: Stored): Frame {
  return text ?? Uint8Array.fromBase64(base64!);
}

/** The protocol lets no such key in: decoders of MessagePack refuse it. [A5] */
function readable(value: unknown): boolean {
  return !JSON.stringify(value).includes("__proto__");
}

const envelopesOf = vectors.envelopes as unknown as Record<string, Envelope[]>;

for (const { codec, name, frames } of vectors.vectors) {
  Deno.test(`[C1] ${codec} reads and writes the shared vector "${name}"`, () => {
    const known = (frames as Stored[]).map(frameOf);
    expect(known.flatMap((frame) => codecNamed(codec).decode(frame))).toEqual(envelopesOf[name]);
    const written = codecNamed(codec).encode(envelopesOf[name]!.map((envelope) => Sealed.of(envelope)));
    // compressed bytes may differ between libraries; what they say may not
    if (codec.endsWith("deflate")) {
      expect(written.flatMap((frame) => codecNamed(codec).decode(frame))).toEqual(envelopesOf[name]);
    } else expect(written).toEqual(known);
  });
}

for (const codec of codecs) {
  Deno.test(`[C1] a frame of ${codec.name} holds about 64 KiB, unless one envelope is larger`, () => {
    const size = (length: number) => Sealed.of({ type: "event", payload: { data: "x".repeat(length) } });
    const sizes = [40_000, 40_000, 70_000, 10, ...Array<number>(60).fill(2000)];
    const frames = codec.encode(sizes.map(size));
    const held = frames.map((frame) => codec.decode(frame));
    expect(held.flat().length).toBe(sizes.length);
    for (const envelopes of held) {
      if (envelopes.length > 1) expect(JSON.stringify(envelopes).length).toBeLessThan(65 * 1024);
    }
  });

  Deno.test(`[C1] ${codec.name} gives back any envelopes in their order, at most 100 a frame`, () => {
    const payload = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue()).filter(readable);
    fc.assert(
      fc.property(fc.array(payload, { minLength: 1, maxLength: 250 }), (payloads) => {
        const envelopes = payloads.map((one) => JSON.parse(JSON.stringify({ type: "event", payload: one })));
        const frames = codec.encode(envelopes.map((envelope) => Sealed.of(envelope)));
        const perFrame = frames.map((frame) => codec.decode(frame));
        expect(perFrame.flat()).toEqual(envelopes);
        expect(Math.max(...perFrame.map((each) => each.length))).toBeLessThanOrEqual(100);
      }),
      { numRuns: 50 },
    );
  });

  Deno.test(`[L] ${codec.name} refuses what is no frame of its own, and nothing else happens`, () => {
    const bytes = new Uint8Array([0xc1, 0xff, 0x00, 0x93]);
    const wrong: Frame[] = codec.name.startsWith("denbun.json") && !codec.name.endsWith("deflate")
      ? [bytes, "{", "", "{}}"]
      : ["{}", bytes, new Uint8Array(), new Uint8Array([1, 1, 2, 3])];
    for (const frame of wrong) expect(() => codec.decode(frame)).toThrow(RelayError);
  });
}

Deno.test("[C1] MessagePack is UTF-8 throughout, whatever was said in JSON", () => {
  const data = { "key \udc00": ["half \ud800", "\ud83d\ude42", "\\ud800", "\\\\ud800 \udfff", "\n\u0000"] };
  const event = Sealed.of({ type: "event", payload: { data } });
  for (const codec of [Subprotocol.msgpack, Subprotocol.msgpackDeflate].map(codecNamed)) {
    const [frame] = codec.encode([event]);
    const [read] = codec.decode(frame!) as [{ payload: { data: unknown } }];
    expect(read.payload.data).toEqual({
      "key \ufffd": ["half \ufffd", "\ud83d\ude42", "\\ud800", "\\\\ud800 \ufffd", "\n\u0000"],
    });
  }
  const [frame] = codecNamed(Subprotocol.msgpack).encode([event]);
  // a reader that is strict refuses halves: 0xed and then 0xa0 or more
  expect((frame as Uint8Array).some((byte, at, all) => byte === 0xed && all[at + 1]! >= 0xa0)).toBe(false);
});

Deno.test("[C1] batches are at most 100 envelopes and never nested", () => {
  const batch = (payload: unknown) => JSON.stringify({ type: "batch", payload });
  const jsonBatch = codecNamed(Subprotocol.jsonBatch);
  expect(jsonBatch.decode(batch(Array.from({ length: 100 }, () => ({ type: "ping" }))))).toHaveLength(100);
  expect(() => jsonBatch.decode(batch(Array.from({ length: 101 }, () => ({ type: "ping" }))))).toThrow(
    RelayError,
  );
  expect(() => jsonBatch.decode(batch({}))).toThrow(RelayError);
  const inner = { type: "batch", payload: [{ type: "ping" }] };
  expect(jsonBatch.decode(batch([inner]))).toEqual([inner]);
});

Deno.test("[L] MessagePack bombs are refused in no time: headers that promise what is not there", () => {
  const msgpack = codecNamed(Subprotocol.msgpack);
  const nested = new Uint8Array(200);
  for (let n = 0; n < 40; n++) nested.set([0xdd, 0x01, 0x00, 0x00, 0x00], n * 5);
  const deep = new Uint8Array(60_000).fill(0x91);
  const headers = [0xdd, 0xdf, 0xdb, 0xc6, 0xc9].map((head) =>
    new Uint8Array([head, 0xff, 0xff, 0xff, 0xff])
  );
  for (const bomb of [nested, deep, ...headers]) expect(() => msgpack.decode(bomb)).toThrow(RelayError);
});

Deno.test("[L] a frame that inflates beyond a frame's size is refused", async () => {
  const big = new Blob([new Uint8Array(64 * 1024 * 1024)]).stream().pipeThrough(
    new CompressionStream("deflate-raw"),
  );
  const bomb = new Uint8Array([1, ...new Uint8Array(await new Response(big).arrayBuffer())]);
  for (const name of [Subprotocol.jsonDeflate, Subprotocol.msgpackDeflate]) {
    expect(() => codecNamed(name).decode(bomb)).toThrow(RelayError);
  }
});

Deno.test("[L] the walk over MessagePack takes all that is whole and nothing that is cut", () => {
  const values = fc.jsonValue({ maxDepth: 6 }).filter(readable);
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encode(value);
      expect(isWhole(bytes, 32)).toBe(true);
      // as JSON, which knows no -0
      expect(JSON.stringify(decode(bytes))).toBe(JSON.stringify(value));
      for (let cut = 0; cut < Math.min(bytes.length, 40); cut++) {
        expect(isWhole(bytes.subarray(0, cut), 32)).toBe(false);
      }
      expect(isWhole(new Uint8Array([...bytes, 0xc0]), 32)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

Deno.test("[C1] the first known name of an offer wins, whatever stands around it; a bearer is no name", () => {
  expect(negotiate([])).toMatchObject({ echo: undefined, codec: { name: "denbun.json" } });
  for (const name of Object.values(Subprotocol)) {
    expect(negotiate(["chat.v9", "bearer.x.y.z", name, "denbun.json"])).toMatchObject({
      echo: name,
      codec: { name },
    });
  }
  for (const offer of [["chat.v9"], ["bearer.x.y.z"]]) expect(negotiate(offer)).toBeUndefined();
});
