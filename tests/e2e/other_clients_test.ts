import { expect } from "@std/expect";
import WebSocketClient from "ws";
import { has } from "./needs.ts";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

/** Debian's own, which finds Debian's packages whatever other Pythons are on the path. */
const PYTHON = "/usr/bin/python3";

Deno.test("[M6] a client in Python (websockets) chats by the protocol alone", async () => {
  if (!await has(PYTHON, "-c", "import websockets")) return;
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path } });
  const room = await RawClient.open(server.ws);
  await room.ask("join_room", { roomId: "lobby" });
  const python = new Deno.Command(PYTHON, {
    args: [new URL("./python_client.py", import.meta.url).pathname, server.ws, "lobby", "konnichiwa"],
    stdout: "piped",
  }).spawn();
  const heard = await room.next((one) => one.type === "new_message");
  expect(heard.payload).toMatchObject({ content: "konnichiwa", userName: "python", offset: 1 });
  await room.ask("send_message", { roomId: "lobby", content: "good evening" });
  const { code, stdout } = await python.output();
  expect(code).toBe(0);
  expect(new TextDecoder().decode(stdout).trim().split("\n").sort()).toEqual([
    "ack j-1",
    "ack m-1",
    "heard good evening",
  ]);
  await room.close();
});

Deno.test("[M6] the ws client of npm chats by the protocol alone", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path } });
  const room = await RawClient.open(server.ws);
  await room.ask("join_room", { roomId: "lobby" });
  const socket = new WebSocketClient(`${server.ws}?name=npm`, ["denbun.json"]);
  const heard = new Promise<string>((resolve) => {
    socket.on("message", (data: { toString(): string }) => {
      const { type, payload } = JSON.parse(data.toString());
      if (type === "new_message" && payload.userName !== "npm") resolve(payload.content);
    });
  });
  await new Promise((resolve) => socket.on("open", resolve));
  expect(socket.protocol).toBe("denbun.json");
  socket.send(JSON.stringify({ type: "join_room", payload: { roomId: "lobby" }, messageId: "j" }));
  socket.send(
    JSON.stringify({ type: "send_message", payload: { roomId: "lobby", content: "hello" }, messageId: "m" }),
  );
  const first = await room.next((one) => one.type === "new_message");
  expect(first.payload).toMatchObject({ content: "hello", userName: "npm" });
  await room.ask("send_message", { roomId: "lobby", content: "welcome" });
  expect(await heard).toBe("welcome");
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.close(1000);
  await closed;
  await room.close();
});
