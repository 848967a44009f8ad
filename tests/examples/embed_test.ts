import { expect } from "@std/expect";
import { connect, type Relay, type Room } from "../../src/client/mod.ts";
import type { Voted } from "../../examples/embed/polls.ts";
import { shop } from "../../examples/embed/shop.ts";
import { silent } from "../../src/observability/log.ts";
import { serve } from "../harness/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

/** The example, listening; its relays end before its listener. */
async function open(file?: string): Promise<{ url: string } & AsyncDisposable> {
  const running = shop({ logger: silent, ...file === undefined ? {} : { file } });
  const { port, stop } = serve(running.fetch);
  const url = `http://127.0.0.1:${port}`;
  expect(await (await fetch(url)).text()).toContain("/realtime");
  return {
    url,
    async [Symbol.asyncDispose]() {
      await running.stop();
      await stop();
    },
  };
}

/** A customer in a room, once in it. */
async function enter(url: string, roomId: string, name: string): Promise<{ relay: Relay; room: Room }> {
  const relay = connect(url, { name });
  const room = relay.room(roomId, { history: 100 });
  await new Promise<void>((resolve) => room.on("joined_room", () => resolve()));
  return { relay, room };
}

Deno.test("the example of an application: its own feature is stored, acknowledged, heard and there for who comes later", async () => {
  await using folder = await tempFolder();
  await using app = await open(`${folder.path}/shop.db`);
  const anna = await enter(`${app.url}/realtime`, "poll:lunch", "Anna");
  const heard = new Promise<Voted>((resolve) => anna.room.on<"voted", Voted>("voted", resolve));
  const saved = await anna.room.post("vote", { option: " ramen " }, { messageId: "vote-1" });
  expect(saved).toMatchObject({ roomId: "poll:lunch", offset: 1, duplicate: false });
  expect(await heard).toMatchObject({ option: "ramen", userName: "Anna", offset: 1 });
  // sent again under its name it is the same vote
  expect(await anna.room.post("vote", { option: "ramen" }, { messageId: "vote-1" }))
    .toMatchObject({ savedId: saved.savedId, offset: 1 });
  await expect(anna.room.post("vote", { option: "" })).rejects.toMatchObject({ code: "bad_request" });

  const later = connect(`${app.url}/realtime`, { name: "Ben" });
  const ben = later.room("poll:lunch", { history: 10 });
  expect(await new Promise<Voted>((resolve) => ben.on<"voted", Voted>("voted", resolve)))
    .toMatchObject({ option: "ramen", offset: 1 });
  for (const one of [anna.relay, later]) one.close();
});

Deno.test("the example of an application: what a route of its own does, its customers hear", async () => {
  await using app = await open();
  const { relay, room } = await enter(`${app.url}/realtime`, "orders:7", "Anna");
  const heard = new Promise((resolve) => room.on("event", resolve));
  const answer = await fetch(`${app.url}/orders/7/ship`, { method: "POST" });
  expect([answer.status, await answer.json()]).toMatchObject([201, { offset: 1 }]);
  expect(await heard).toMatchObject({ event: "shipped", data: { by: "post" }, userId: "@server", offset: 1 });
  relay.close();
});

Deno.test("[M9] two relays in one application do not hear each other, and have features of their own", async () => {
  await using app = await open();
  const customer = await enter(`${app.url}/realtime`, "tea", "Anna");
  const clerk = await enter(`${app.url}/staff`, "tea", "Ben");
  const overheard: unknown[] = [];
  clerk.room.on("new_message", (message) => overheard.push(message));
  await customer.room.send("for customers alone");
  // had it been heard there it would have come before this, and been counted
  expect(await clerk.room.send("for staff alone")).toMatchObject({ offset: 1 });
  expect((await clerk.room.history()).messages).toHaveLength(1);
  expect(overheard).toMatchObject([{ content: "for staff alone" }]);
  expect([customer.room.presence.snapshot.count, clerk.room.presence.snapshot.count]).toEqual([1, 1]);
  const poll = await enter(`${app.url}/staff`, "poll:lunch", "Ben");
  await expect(poll.room.post("vote", { option: "ramen" })).rejects.toMatchObject({ code: "unknown_type" });
  for (const { relay } of [customer, clerk, poll]) relay.close();
});

const ROOT = new URL("../../", import.meta.url).pathname;
const APP = `
import { chat, relay, silent } from "@denbun/relay";
import { memory } from "@denbun/relay/stores/memory";
const rt = relay({ store: memory(), logger: silent, features: [chat()] });
console.log((await rt.publish("orders:42", "shipped", {})).offset);
rt.close();
`;

Deno.test("an application in another folder links this one and imports it by its name", async () => {
  await using folder = await tempFolder();
  const config = {
    links: [ROOT],
    imports: { "@denbun/relay": "jsr:@denbun/relay@^0.1.0" },
    unstable: ["net", "kv", "no-legacy-abort"],
  };
  await Deno.writeTextFile(`${folder.path}/deno.json`, JSON.stringify(config));
  await Deno.writeTextFile(`${folder.path}/app.ts`, APP);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-all", "app.ts"],
    cwd: folder.path,
  }).output();
  const errors = new TextDecoder().decode(stderr);
  expect([new TextDecoder().decode(stdout), errors]).toEqual(["1\n", errors]);
});
