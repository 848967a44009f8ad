import { expect } from "@std/expect";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";
import { listenWith } from "../harness/server.ts";

Deno.test("[H1] the runtime pings; who answers stays, who does not is let go and leaves the room", async () => {
  // 2 s of patience instead of 30
  await using server = listenWith({ idleTimeoutS: 2 });
  const { socket: alive } = await RawSocket.shake(server.port);
  const { socket: dead } = await RawSocket.shake(server.port);
  using _ = alive;
  using __ = dead;
  for (const socket of [alive, dead]) {
    await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
    await socket.until("joined_room");
  }
  // answers pings, and nothing else, until it is told that the other one has left
  const left = (async () => {
    for (;;) {
      const frame = await alive.frame();
      if (!frame) throw new Error("the connection that answers was let go");
      if (frame.opcode === Opcode.ping) await alive.send(Opcode.pong, frame.payload);
      else if (frame.opcode === Opcode.text) {
        const { type, payload } = JSON.parse(new TextDecoder().decode(frame.payload));
        if (type === "user_left") return payload;
      }
    }
  })();
  expect((await dead.frame())!.opcode).toBe(Opcode.ping);
  expect(await left).toEqual({ roomId: "tea", userId: "user-2", userName: "User" });
  expect(server.relay.hub.sessionCount).toBe(1);
});
