import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { permissionFlags } from "../../src/process/permissions.ts";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { RedisServer } from "./redis_server.ts";

const ignore = !await has("redis-server", "--version");
const permissions = (env: Record<string, string>) => permissionFlags(readConfig(env));

Deno.test({
  name: "[threat E4] isolates and processes share the rooms with permission for the Redis host alone",
  ignore,
  async fn() {
    await using redis = await RedisServer.start(["--requirepass", "a pass/word"]);
    const env = { REDIS_URL: `redis://:${encodeURIComponent("a pass/word")}@127.0.0.1:${redis.port}` };
    await using one = await Server.start({ env: { ...env, WORKERS: "2" }, permissions });
    await using other = await Server.start({ env, permissions });
    const clients = await Promise.all(
      [one.ws, one.ws, one.ws, one.ws, other.ws].map((ws) => RawClient.open(ws)),
    );
    for (const client of clients) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      await client.ask("join_room", { roomId: "tea" });
    }
    for (const [n, client] of clients.entries()) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      await client.ask("send_message", { roomId: "tea", content: String(n) });
    }
    const last = ({ type, payload }: { type: string; payload: { offset: number } }) =>
      type === "new_message" && payload.offset === clients.length;
    await Promise.all(clients.map((client) => client.next(last)));
    for (const client of clients) {
      expect(client.messages("tea").map(({ content }) => content)).toEqual(["0", "1", "2", "3", "4"]);
    }
    for (const server of [one, other]) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      const ready = await (await fetch(`${server.url}/readyz`)).json();
      expect(ready).toMatchObject({ status: "ok", store: "ok", backplane: "ok" });
      expect(
        server.lines.filter(({ level }) => level === "error" || level === "warn").map(({ event }) => event),
      )
        .toEqual(["guest_mode"]);
      expect(server.output).not.toContain("pass");
    }
    await Promise.all(clients.map((client) => client.close()));
    expect((await one.kill("SIGTERM")).code).toBe(0);
    expect((await other.kill("SIGTERM")).code).toBe(0);
  },
});

Deno.test({
  name: "[C2] a ticket lets its holder in once, whichever process it is shown to",
  ignore,
  async fn() {
    await using redis = await RedisServer.start();
    const env = { REDIS_URL: redis.url };
    await using one = await Server.start({ env });
    await using other = await Server.start({ env });
    const json = { "content-type": "application/json" };
    const session =
      await (await fetch(`${one.url}/api/session`, { method: "POST", headers: json, body: "{}" })).json();
    const bearer = { authorization: `Bearer ${session.token}` };
    const issued = await fetch(`${one.url}/api/tickets`, {
      method: "POST",
      headers: { ...json, ...bearer },
      body: "{}",
    });
    const { ticket } = await issued.json();
    const shown = await Promise.all([one, other, one, other].map(async ({ url }) => {
      const response = await fetch(`${url}/api/events?rooms=tea&ticket=${ticket}`);
      await response.body?.cancel();
      return response.status;
    }));
    expect(shown.toSorted()).toEqual([200, 401, 401, 401]);
  },
});
