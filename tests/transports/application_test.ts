import { expect } from "@std/expect";
import { listen } from "../harness/server.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";

Deno.test("[A5] the application publishes as itself, once for each id", async () => {
  await using server = listen();
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"orders:42"}}');
  await socket.until("joined_room");
  const { relay } = server;
  expect(await relay.publish("orders:42", "shipped", { at: "noon" }, "m1")).toMatchObject({ offset: 1 });
  expect(await relay.publish("orders:42", "shipped", { at: "noon" }, "m1"))
    .toMatchObject({ offset: 1, duplicate: true });
  expect(await relay.publish("orders:42", "arrived", undefined)).toMatchObject({ offset: 2 });
  expect((await socket.until("event")).payload)
    .toMatchObject({ userId: "@server", event: "shipped", data: { at: "noon" }, offset: 1 });
  expect((await socket.until("event")).payload).toMatchObject({ event: "arrived", data: null, offset: 2 });
});

const wrong: [string, [string, string, unknown, string?]][] = [
  ["a room that is none", ['tea","x":"', "e", null]],
  ["an event without a name", ["tea", "", null]],
  ["an id that would break the message", ["tea", "e", null, 'm1","userId":"boss']],
];
for (const [name, args] of wrong) {
  Deno.test(`[E5] what the application publishes is checked: ${name}`, async () => {
    await using server = listen();
    await expect(server.relay.publish(...args)).rejects.toMatchObject({ code: "bad_request" });
  });
}
