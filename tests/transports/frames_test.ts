import { expect } from "@std/expect";
import type { Feature } from "../../src/hub/feature.ts";
import { listen } from "../harness/server.ts";
import { maskedFrame, Opcode, RawSocket } from "../harness/raw_socket.ts";

const roomy = { limits: { maxMessageBytes: 512 * 1024 } };

async function shaken(port: number): Promise<RawSocket> {
  const { socket } = await RawSocket.shake(port);
  await socket.until("welcome");
  return socket;
}

/** A `publish` whose frame has exactly this many bytes. */
function publishOf(bytes: number): string {
  const around = '{"type":"publish","payload":{"roomId":"tea","event":"e","data":""},"messageId":"m"}';
  const at = around.indexOf('""}') + 1;
  return around.slice(0, at) + "x".repeat(bytes - around.length) + around.slice(at);
}

for (const [bytes, lengthBits] of [[125, 7], [126, 16], [65_535, 16], [65_536, 64], [200_000, 64]] as const) {
  Deno.test(`[M5] a message of ${bytes} bytes, a ${lengthBits}-bit length, comes whole`, async () => {
    await using server = listen(roomy);
    using socket = await shaken(server.port);
    const frame = maskedFrame(Opcode.text, publishOf(bytes));
    expect(frame[1]! & 0x7f).toBe(lengthBits === 7 ? 125 : lengthBits === 16 ? 126 : 127);
    await socket.write(frame);
    expect((await socket.until("ack")).payload).toMatchObject({ success: true, offset: 1 });
  });
}

Deno.test("[M5] what the server sends is unmasked, with the shortest length that holds it", async () => {
  await using server = listen(roomy);
  using socket = await shaken(server.port);
  await socket.send(Opcode.text, '{"type":"ping"}');
  expect(await socket.frame()).toMatchObject({
    lengthBits: 7,
    masked: false,
    final: true,
    opcode: Opcode.text,
  });
  await socket.send(Opcode.text, publishOf(70_000));
  expect(await socket.frame()).toMatchObject({ lengthBits: 16, masked: false });
  await socket.send(Opcode.text, '{"type":"get_history","payload":{"roomId":"tea"},"messageId":"h"}');
  const history = await socket.frame();
  expect(history).toMatchObject({ lengthBits: 64, masked: false, final: true });
  expect(JSON.parse(new TextDecoder().decode(history!.payload)).payload.messages.length).toBe(1);
});

Deno.test("[M5] a message in fragments, a ping between them, cut inside a character", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  const bytes = new TextEncoder().encode(
    '{"type":"send_message","payload":{"roomId":"tea","content":"電文"},"messageId":"m1"}',
  );
  const cut = bytes.indexOf(0xe9) + 1;
  await socket.send(Opcode.text, bytes.subarray(0, 5), false);
  await socket.send(Opcode.continuation, bytes.subarray(5, cut), false);
  await socket.send(Opcode.ping, "between");
  await socket.send(Opcode.continuation, bytes.subarray(cut), true);
  const pong = await socket.frame();
  expect(pong).toMatchObject({ opcode: Opcode.pong, payload: new TextEncoder().encode("between") });
  expect((await socket.json()).payload).toMatchObject({ success: true, offset: 1 });
});

Deno.test("[M5] a message that comes byte by byte", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  for (const byte of maskedFrame(Opcode.text, '{"type":"ping"}')) {
    await socket.write(new Uint8Array([byte]));
  }
  expect((await socket.json()).type).toBe("pong");
});

Deno.test("[M5] ping is answered by pong with the same bytes, an unasked pong by nothing", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  await socket.send(Opcode.pong, "unasked");
  await socket.send(Opcode.ping, "");
  await socket.send(Opcode.ping, "x".repeat(125));
  expect(await socket.frame()).toMatchObject({ opcode: Opcode.pong, payload: new Uint8Array(0) });
  expect((await socket.frame())!.payload.length).toBe(125);
});

Deno.test("[M5] close is answered by close, and the session ends", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  expect(server.relay.hub.sessionCount).toBe(1);
  await socket.send(Opcode.close, new Uint8Array([0x03, 0xe8]));
  expect(await socket.closed()).toBe(1000);
  expect(server.relay.hub.sessionCount).toBe(0);
});

Deno.test("[E1] a binary frame on a text connection is bad_request, and the connection lives", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  await socket.send(Opcode.binary, '{"type":"ping"}');
  expect((await socket.json()).payload.code).toBe("bad_request");
  await socket.send(Opcode.text, '{"type":"ping"}');
  expect((await socket.json()).type).toBe("pong");
});

Deno.test("[L1] a frame over 1 MiB closes 1009", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  await socket.send(Opcode.text, new Uint8Array(1024 * 1024 + 1).fill(0x20));
  expect(await socket.closed()).toBe(1009);
});

Deno.test("[L4] ten errors arrive, then the close 1008", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  for (let n = 0; n < 10; n++) await socket.send(Opcode.text, "not JSON");
  for (let n = 0; n < 10; n++) expect((await socket.json()).type).toBe("error");
  expect(await socket.closed()).toBe(1008);
});

Deno.test("[X1] why it was closed arrives although more frames came in the same breath", async () => {
  await using server = listen();
  using socket = await shaken(server.port);
  const frame = maskedFrame(Opcode.text, "not JSON");
  const burst = new Uint8Array(frame.length * 40);
  for (let n = 0; n < 40; n++) burst.set(frame, n * frame.length);
  await socket.write(burst);
  for (let n = 0; n < 10; n++) expect((await socket.json()).type).toBe("error");
  expect(await socket.closed()).toBe(1008);
});

const broken: [string, Uint8Array][] = [
  ["a reserved opcode", new Uint8Array([0x83, 0x80, 1, 2, 3, 4])],
  ["a reserved bit", new Uint8Array([0xc1, 0x80, 1, 2, 3, 4])],
  ["a fragmented ping", new Uint8Array([0x09, 0x80, 1, 2, 3, 4])],
  ["a ping of 126 bytes", maskedFrame(Opcode.ping, "x".repeat(126))],
  ["text that is not UTF-8", maskedFrame(Opcode.text, new Uint8Array([0xff, 0xfe]))],
  ["a length of 2^62 bytes", new Uint8Array([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
  ["a continuation of nothing", maskedFrame(Opcode.continuation, "x")],
];
for (const [name, bytes] of broken) {
  Deno.test(`[M31] ${name} ends that connection and no other`, async () => {
    await using server = listen();
    using victim = await shaken(server.port);
    using socket = await shaken(server.port);
    await socket.write(bytes);
    await socket.closed();
    await victim.send(Opcode.text, '{"type":"ping"}');
    expect((await victim.json()).type).toBe("pong");
    expect(server.relay.hub.sessionCount).toBe(1);
  });
}

const clumsy: Feature = {
  name: "clumsy",
  owns: () => true,
  handlers: {
    stumble: {
      schema: (await import("../../src/protocol/schemas.ts")).Typing,
      right: "write",
      handle() {
        throw new Error("stumbled");
      },
    },
    stumble_later: {
      schema: (await import("../../src/protocol/schemas.ts")).Typing,
      right: "write",
      handle: () => Promise.reject(new Error("stumbled later")),
    },
  },
  stored() {
    throw new Error("stumbled over a message");
  },
};

Deno.test("[M31] a handler that throws is an internal error to its caller and nothing to the others", async () => {
  await using server = listen({ features: [clumsy] });
  using victim = await shaken(server.port);
  using socket = await shaken(server.port);
  for (const type of ["stumble", "stumble_later"]) {
    await socket.send(Opcode.text, JSON.stringify({ type, payload: { roomId: "tea" }, messageId: type }));
    expect((await socket.json()).payload).toMatchObject({ success: false, error: { code: "internal" } });
  }
  await victim.send(Opcode.text, '{"type":"ping"}');
  expect((await victim.json()).type).toBe("pong");
});

Deno.test("[A1] a feature that throws over a stored message cannot take back its ack or keep it from the room", async () => {
  await using server = listen({ features: [clumsy] });
  using socket = await shaken(server.port);
  await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
  await socket.until("joined_room");
  for (const id of ["m1", "m2"]) {
    const payload = { roomId: "tea", event: "e" };
    await socket.send(Opcode.text, JSON.stringify({ type: "publish", payload, messageId: id }));
    expect(await socket.until("ack")).toMatchObject({ messageId: id, payload: { success: true } });
    expect(await socket.until("event")).toMatchObject({ messageId: id });
  }
});

Deno.test("[M31] a logger that throws as a socket opens closes that socket and no more", async () => {
  let failing = true;
  const shout = () => {
    if (failing) throw new Error("disk full");
  };
  const logger = { debug() {}, info: shout, warn() {}, error() {} };
  await using server = listen({ logger });
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.closed();
  failing = false;
  using next = await shaken(server.port);
  await next.send(Opcode.text, '{"type":"ping"}');
  expect((await next.json()).type).toBe("pong");
});
