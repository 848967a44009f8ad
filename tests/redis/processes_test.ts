import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { Lease } from "../../src/hub/lease.ts";
import { silent } from "../../src/observability/log.ts";
import { permissionFlags } from "../../src/process/permissions.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { redis as redisStore } from "../../src/stores/redis.ts";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { RawSocket } from "../harness/raw_socket.ts";
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
      await client.ask("join_room", { roomId: "tea" });
    }
    for (const [n, client] of clients.entries()) {
      await client.ask("send_message", { roomId: "tea", content: String(n) });
    }
    const last = ({ type, payload }: { type: string; payload: { offset: number } }) =>
      type === "new_message" && payload.offset === clients.length;
    await Promise.all(clients.map((client) => client.next(last)));
    for (const client of clients) {
      expect(client.messages("tea").map(({ content }) => content)).toEqual(["0", "1", "2", "3", "4"]);
    }
    for (const server of [one, other]) {
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

Deno.test({
  name:
    "[A2] [J2] [A4] [S1] idempotency, presence, marks, private rooms and revocation hold across processes",
  ignore,
  async fn() {
    await using redis = await RedisServer.start();
    const API_KEY = "a server key of 32 bytes or more for these tests";
    const env = { REDIS_URL: redis.url, API_KEY, GUESTS: "1" };
    await using one = await Server.start({ env });
    await using other = await Server.start({ env });
    const here = await RawClient.open(`${one.ws}?name=here`);
    const there = await RawClient.open(`${other.ws}?name=there`);
    const [hereId, thereId] = [here, there].map(({ received }) => received[0]!.payload.userId);
    const session = there.received[0]!.payload.session;

    await here.ask("join_room", { roomId: "tea" });
    const joined = await there.ask("join_room", { roomId: "tea" });
    expect(joined.users.map(({ userId }: { userId: string }) => userId).toSorted()).toEqual(
      [hereId, thereId].toSorted(),
    );
    await here.next(({ type, payload }) => type === "user_joined" && payload.userId === thereId);
    there.send("typing_start", { roomId: "tea" });
    await here.next(({ type, payload }) => type === "user_typing" && payload.typing);

    const saved = await there.ask("send_message", { roomId: "tea", content: "hello" }, "m-1");
    const twin = await RawClient.open(one.ws, ["denbun.json", `bearer.${session}`]);
    const again = await twin.ask("send_message", { roomId: "tea", content: "hello" }, "m-1");
    expect(again).toEqual({ ...saved, duplicate: true });
    const third = await RawClient.open(one.ws, ["denbun.json", `bearer.${session}`]);
    const changed = await third.ask("send_message", { roomId: "tea", content: "other" }, "m-1");
    expect(changed.error.code).toBe("conflict");
    await third.close();

    await here.ask("read_messages", { roomId: "tea", epoch: saved.epoch, upTo: 1 });
    const mark = await there.next(({ type }) => type === "messages_read");
    expect(mark.payload).toMatchObject({ userId: hereId, upTo: 1 });

    const api = async (path: string, method: string, body: object = {}) => {
      const headers = { "authorization": `Bearer ${API_KEY}`, "content-type": "application/json" };
      const response = await fetch(`${one.url}/api/${path}`, { method, headers, body: JSON.stringify(body) });
      await response.body?.cancel();
      expect(response.ok).toBe(true);
    };
    await there.ask("join_room", { roomId: "team" });
    await api(`rooms/team/members/${hereId}`, "PUT", { rights: "rw" });
    const put = await there.next(({ type, payload }) => type === "reset" && payload.roomId === "team");
    expect(put.payload.reason).toBe("forbidden");
    expect((await there.ask("join_room", { roomId: "team" })).error.code).toBe("forbidden");

    await api(`users/${thereId}/revoke`, "POST");
    const revokedMs = performance.now();
    expect((await there.closed).code).toBe(4501);
    expect((await twin.closed).code).toBe(4501);
    expect(performance.now() - revokedMs).toBeLessThan(2000);
    for (const { url } of [one, other]) {
      const response = await fetch(`${url}/api/events?rooms=tea`, {
        headers: { authorization: `Bearer ${session}` },
      });
      await response.body?.cancel();
      expect(response.status).toBe(401);
    }
    await here.next(({ type, payload }) => type === "user_left" && payload.userId === thereId);
    await here.close();
  },
});

Deno.test({
  name: "[L6] [L9] what an address may have it has once, over all isolates and processes",
  ignore,
  async fn() {
    await using redis = await RedisServer.start();
    const limits = { MAX_CONNECTIONS_PER_IP: "4", MAX_CONNECTS_PER_IP: "0", MAX_FAILED_LOGINS_PER_IP: "5" };
    const env = { REDIS_URL: redis.url, TRUSTED_PROXIES: "127.0.0.1", ...limits };
    await using one = await Server.start({ env: { ...env, WORKERS: "2" } });
    await using other = await Server.start({ env });
    const knock = (server: Server, address: string, headers = {}) =>
      RawSocket.shake(server.port, { "X-Forwarded-For": address, ...headers });
    /** Knocks until the answer is this one: what is told arrives a moment later. */
    const answers = async (server: Server, address: string, wanted: number) => {
      for (;;) {
        const { socket, response } = await knock(server, address);
        socket[Symbol.dispose]();
        if (response.status === wanted) return;
      }
    };
    const held = [];
    for (const server of [one, one, other, other]) {
      const { socket, response } = await knock(server, "203.0.113.1");
      expect(response.status).toBe(101);
      held.push(socket);
    }
    await answers(one, "203.0.113.1", 429);
    await answers(other, "203.0.113.1", 429);
    // the control: it is this address that has none left
    await answers(other, "203.0.113.2", 101);
    held[0]![Symbol.dispose]();
    await answers(other, "203.0.113.1", 101);

    const wrong = { Authorization: "Bearer wrong" };
    for (let n = 0; n < 5; n++) {
      const { socket, response } = await knock(n % 2 ? one : other, "203.0.113.3", wrong);
      socket[Symbol.dispose]();
      expect(response.status).toBe(401);
    }
    await answers(one, "203.0.113.3", 429);
    await answers(other, "203.0.113.3", 429);
    for (const socket of held) socket[Symbol.dispose]();
  },
});

Deno.test({
  name: "[F4] a lease in Redis has one owner over all nodes, and each next one a higher term",
  ignore,
  async fn() {
    await using redis = await RedisServer.start();
    const stores = [1, 2].map(() => redisStore(redis.url, { logger: silent }));
    const terms: number[] = [];
    const changed: (() => void)[] = [];
    const leases = stores.map((table, n) =>
      new Lease({ table, clock: systemClock, name: "game:1", ownerId: `node-${n}` }, {
        won(term) {
          terms.push(term);
          for (const tell of changed.splice(0)) tell();
        },
        lost() {},
        failed(error) {
          throw error;
        },
      })
    );
    const next = () => new Promise<void>((resolve) => changed.push(resolve));
    if (terms.length === 0) await next();
    expect(terms).toHaveLength(1);
    const owner = leases.findIndex(({ term }) => term !== undefined);
    leases[owner]!.close();
    await next();
    expect(leases[1 - owner]!.term).toBe(terms[1]!);
    expect(terms[1]!).toBeGreaterThan(terms[0]!);
    leases[1 - owner]!.close();
    await Promise.all(stores.map((store) => store.close()));
  },
});
