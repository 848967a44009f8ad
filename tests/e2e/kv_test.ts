import { expect } from "@std/expect";
import { permissionFlags } from "../../src/process/permissions.ts";
import { readConfig } from "../../src/config.ts";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

Deno.test("[M17] two processes that share nothing but a KV database hear each other", async () => {
  await using folder = await tempFolder();
  const env = { STORE: "kv", KV_PATH: `${folder.path}/rooms.kv`, DATA_DIR: folder.path };
  // with no more permissions than `deno task start` gives
  const permissions = (given: Record<string, string>) => permissionFlags(readConfig(given));
  await using one = await Server.start({ env, permissions });
  await using two = await Server.start({ env, permissions });
  const here = await RawClient.open(`${one.ws}?name=here`);
  const there = await RawClient.open(`${two.ws}?name=there`);
  await here.ask("join_room", { roomId: "lobby" });
  await there.ask("join_room", { roomId: "lobby" });
  for (let n = 1; n <= 5; n++) {
    const [from, to] = n % 2 ? [here, there] : [there, here];
    const ack = await from.ask("send_message", { roomId: "lobby", content: `message ${n}` });
    expect(ack).toMatchObject({ offset: n });
    await to.next(({ type, payload }) => type === "new_message" && payload.content === `message ${n}`);
  }
  // news that are not stored come over the backplane alone
  await here.next(({ type, payload }) => type === "user_joined" && payload.userName === "there");
  there.send("typing_start", { roomId: "lobby" });
  await here.next(({ type }) => type === "user_typing");
  expect(here.messages("lobby").map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
  const ready = async () => await (await fetch(`${one.url}/readyz`)).json();
  let said = await ready();
  // the neighbour is seen with the next look
  while (said.nodes.others === 0) said = await ready();
  expect(said).toMatchObject({ status: "ok", backplane: "ok", nodes: { others: 1, unheard: [] } });

  // who was on the process that died goes on at the other
  await two.kill("SIGKILL");
  await there.closed;
  const again = await RawClient.open(`${one.ws}?name=there`);
  await here.ask("send_message", { roomId: "lobby", content: "message 6" });
  const epoch = there.messages("lobby").length && (await again.ask("get_history", { roomId: "lobby" })).epoch;
  await again.ask("join_room", { roomId: "lobby", since: { epoch, offset: 5 } });
  await again.next(({ type, payload }) => type === "new_message" && payload.offset === 6);
  expect(again.messages("lobby").map(({ offset }) => offset)).toEqual([6]);
  await Promise.all([here.close(), again.close()]);
});

Deno.test("on Deno Deploy without a KV database the relay says so, in its log and at /readyz", async () => {
  await using folder = await tempFolder();
  const where = { DENO_DEPLOYMENT_ID: "test", DENO_REGION: "us-east4", DENO_KV_DB_MODE: "memory" };
  await using server = await Server.start({ env: { ...where, DATA_DIR: folder.path } });
  expect(server.lines.find(({ event }) => event === "listening")).toMatchObject({ store: "kv" });
  expect(server.lines.find(({ event }) => event === "kv_not_assigned")).toMatchObject({ level: "warn" });
  expect(await (await fetch(`${server.url}/readyz`)).json()).toMatchObject({ warnings: ["kv_not_assigned"] });
});
