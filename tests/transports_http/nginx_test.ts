import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { eventually, site, User } from "./harness/mod.ts";
import { nginx } from "./harness/nginx.ts";

const hasNginx = await has("nginx", "-v");

Deno.test({
  name: "[T1] behind nginx with gzip on events come one by one, compressed and all",
  ignore: !hasNginx,
  async fn() {
    await using relay = site();
    await using front = await nginx(relay.url);
    const ann = new User(front.url, "ann");
    await using stream = await ann.stream("rooms=tea", { "accept-encoding": "gzip" });
    await stream.until("joined_room");
    for (let n = 1; n <= 5; n++) {
      // the next one is sent only when the one before has come
      await ann.say("tea", `m${n}`);
      expect((await stream.next())?.envelope.payload.content).toBe(`m${n}`);
    }
  },
});

Deno.test({
  name: "[T1] without X-Accel-Buffering nginx would hold them back",
  ignore: !hasNginx,
  async fn() {
    await using relay = site();
    await using front = await nginx(relay.url, "proxy_ignore_headers X-Accel-Buffering;");
    const opening = new User(front.url, "ann").stream("rooms=tea", { "accept-encoding": "gzip" });
    await eventually(() => relay.relay.hub.sessionCount === 1, "the stream is open");
    await relay.user("ben").say("tea", "held back");
    const first = opening.then((stream) => stream.next());
    const late = new Promise((resolve) => setTimeout(resolve, 300, "nothing yet"));
    expect(await Promise.race([first, late])).toBe("nothing yet");
    // what was held back comes when the stream ends
    relay.relay.hub.close();
    expect((await first)?.envelope.type).toBe("joined_room");
    await (await opening).rest();
  },
});

Deno.test({
  name: "[T1] behind nginx a cut stream goes on where it was, and a left one is noticed",
  ignore: !hasNginx,
  async fn() {
    await using relay = site();
    let lastEventId: string;
    {
      await using front = await nginx(relay.url);
      const ann = new User(front.url, "ann");
      const stream = await ann.stream("rooms=tea");
      await ann.say("tea", "1");
      await stream.until("new_message");
      lastEventId = stream.parser.lastEventId;
      await front[Symbol.asyncDispose]();
      await stream.rest().catch(() => {});
    }
    await eventually(() => relay.relay.hub.sessionCount === 0, "the cut was noticed");
    await relay.user("ben").say("tea", "2");
    await using front = await nginx(relay.url);
    {
      await using stream = await new User(front.url, "ann").stream("rooms=tea", {
        "last-event-id": lastEventId,
      });
      expect((await stream.until("new_message")).envelope.payload.content).toBe("2");
    }
    await eventually(() => relay.relay.hub.sessionCount === 0, "it was noticed that the reader left");
  },
});

Deno.test({
  name: "[T3] behind nginx a poll waits, is answered, and frees its place when its client leaves",
  ignore: !hasNginx,
  async fn() {
    await using relay = site();
    await using front = await nginx(relay.url);
    const { parking } = relay.relay.hub;
    const ann = new User(front.url, "ann");
    const abort = new AbortController();
    const left = ann.fetch("/api/rooms/tea/messages/wait", { signal: abort.signal }).catch(() => "left");
    await eventually(() => parking.size === 1, "it waits");
    abort.abort();
    expect(await left).toBe("left");
    await eventually(() => parking.size === 0, "its place is free");
    const waiting = ann.fetch("/api/rooms/tea/messages/wait");
    await eventually(() => parking.size === 1, "it waits again");
    await ann.say("tea", "x");
    expect((await (await waiting).json()).messages).toHaveLength(1);
  },
});

Deno.test({
  name: "[T2] behind nginx, which makes tags weak, unchanged is 304",
  ignore: !hasNginx,
  async fn() {
    await using relay = site();
    await using front = await nginx(relay.url);
    const ann = new User(front.url, "ann");
    await ann.say("tea", "x");
    const ask = (headers: Record<string, string>) =>
      ann.fetch("/api/rooms/tea/messages", { headers: { "accept-encoding": "gzip", ...headers } });
    const first = await ask({});
    expect((await first.json()).messages).toHaveLength(1);
    const second = await ask({ "if-none-match": first.headers.get("etag")! });
    expect([second.status, await second.text()]).toEqual([304, ""]);
  },
});
