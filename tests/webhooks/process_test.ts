import { expect } from "@std/expect";
import { permissionFlags } from "../../src/process/permissions.ts";
import { readConfig } from "../../src/config.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { Receiver, SECRET } from "./receiver.ts";

Deno.test("[S3] two isolates tell each event once; what waits is out before the process is, and a killed one tells nothing", async () => {
  await using receiver = new Receiver();
  await using folder = await tempFolder();
  const env = {
    WORKERS: "2",
    DATA_DIR: folder.path,
    WEBHOOK_URL: receiver.url,
    WEBHOOK_SECRET: SECRET,
  };
  // with the permissions of `deno task start`: the receiver may be called
  await using server = await Server.start({ env, permissions: (env) => permissionFlags(readConfig(env)) });
  const session = await fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Anna" }),
  });
  const { token, userId } = await session.json();
  // tabs of one user, spread over the isolates by the kernel
  const tabs = await Promise.all(
    Array.from({ length: 6 }, () => RawClient.open(server.ws, ["denbun.json", `bearer.${token}`])),
  );
  await Promise.all(tabs.map((tab) => tab.ask("join_room", { roomId: "tea" })));
  await Promise.all(tabs.map((tab, n) => tab.ask("send_message", { roomId: "tea", content: `cup ${n}` })));
  await receiver.until(() => receiver.of("message.saved").length === 6, "every message");
  const offsets = receiver.of("message.saved").map(({ data }) => data.payload.offset);
  expect(offsets.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  await receiver.until(() => receiver.of("user.joined").length > 0, "who came");
  expect(receiver.of("user.joined").map(({ data }) => data)).toEqual([{
    roomId: "tea",
    userId,
    userName: "Anna",
  }]);

  // the receiver is away for a moment, and there again before the end
  receiver.answer = () => new Response(null, { status: 503 });
  const { savedId } = await tabs[0]!.ask("send_message", { roomId: "tea", content: "one more" });
  await receiver.until(() => receiver.posted.some(({ id }) => id === savedId), "the first try");
  const before = receiver.posted.length;
  receiver.answer = () => new Response(null, { status: 204 });
  expect((await server.kill("SIGTERM")).code).toBe(0);
  await Promise.all(tabs.map(({ closed }) => closed));
  const last = receiver.posted.slice(before);
  expect(last.filter(({ id }) => id === savedId).length).toBeGreaterThan(0);
  expect(last.filter(({ type }) => type === "connection.closed").map(({ data }) => data.code))
    .toEqual([1012, 1012, 1012, 1012, 1012, 1012]);

  expect(receiver.of("user.joined").length).toBe(1);

  // a killed process takes with it what it had not told; what was stored is there, with the offset after the last
  receiver.answer = () => new Response(null, { status: 503 });
  await server.restart();
  const again = await RawClient.open(server.ws, ["denbun.json", `bearer.${token}`]);
  const saved = await again.ask("send_message", { roomId: "tea", content: "and gone" });
  expect(saved.offset).toBe(8);
  await receiver.until(() => receiver.posted.some(({ id }) => id === saved.savedId), "the first try");
  const told = receiver.of("message.saved").length;
  await server.kill("SIGKILL");
  await again.closed;
  expect(receiver.of("message.saved").length).toBe(told);
  expect(receiver.forged).toEqual([]);
});
