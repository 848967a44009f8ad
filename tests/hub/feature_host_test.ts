import { expect } from "@std/expect";
import type { Feature, FeatureHost } from "../../src/hub/feature.ts";
import { Harness } from "../harness/mod.ts";

/** A feature that owns every room, and the hosts it was started with, a node each. */
function hosted(more: Partial<Feature> = {}) {
  const hosts: FeatureHost[] = [];
  const stopped: string[] = [];
  const features = () => [{
    name: "hosted",
    owns: () => true,
    handlers: {},
    start(host: FeatureHost) {
      hosts.push(host);
      return () => void stopped.push(host.nodeId);
    },
    ...more,
  }];
  return { hosts, stopped, features };
}

Deno.test("a feature is started with each node and ends with it", () => {
  const { hosts, stopped, features } = hosted();
  {
    using world = new Harness({ features });
    world.node("node-2");
    expect(hosts.map(({ nodeId }) => nodeId)).toEqual(["node-1", "node-2"]);
    expect(stopped).toEqual([]);
  }
  expect(stopped).toEqual(["node-1", "node-2"]);
});

Deno.test("[A2] a feature publishes as the application, once under one name from whichever node", async () => {
  const { hosts, features } = hosted();
  using world = new Harness({ features });
  world.node("node-2");
  const anna = await world.member("anna", "tea");
  const message = { roomId: "tea", type: "news", body: { text: "hello" }, messageId: "n1" };
  const [first, second] = [await hosts[0]!.publish(message), await hosts[1]!.publish(message)];
  await world.settle();
  expect([first.duplicate, second.duplicate, second.offset]).toEqual([false, true, 1]);
  expect(anna.news()).toMatchObject([{
    type: "news",
    payload: { text: "hello", userId: "@server", offset: 1 },
  }]);
});

Deno.test("what a feature broadcasts reaches the members everywhere, or on its own node alone", async () => {
  const { hosts, features } = hosted();
  using world = new Harness({ features });
  const second = world.node("node-2");
  const anna = await world.member("anna", "tea");
  const ben = world.connect("ben", { hub: second });
  await ben.join("tea");
  await world.settle();
  anna.news();
  ben.news();
  hosts[1]!.broadcast("tea", "everywhere", {}, { key: "k" });
  hosts[1]!.broadcast("tea", "here", {}, { here: true });
  await world.settle();
  expect(anna.news().map(({ type }) => type)).toEqual(["everywhere"]);
  expect(ben.news().map(({ type }) => type)).toEqual(["everywhere", "here"]);
});

Deno.test("[A4b] a glance shows a room as one user sees it", async () => {
  const { hosts, features } = hosted();
  using world = new Harness({ features });
  for (const n of [1, 2, 3]) await hosts[0]!.publish({ roomId: "tea", type: "news", body: { n } });
  const anna = await world.member("anna", "tea");
  const { epoch } = await hosts[0]!.glance("tea", "anna", { limit: 1 });
  await anna.ask("read_messages", { roomId: "tea", epoch, upTo: 1 });
  const seen = await hosts[0]!.glance("tea", "anna", { limit: 2 });
  expect(seen).toMatchObject({ offset: 3, upTo: 1, unread: 2, hasMore: true });
  expect(seen.messages.map(({ payload }) => payload)).toMatchObject([{ n: 2 }, { n: 3 }]);
  const older = await hosts[0]!.glance("tea", "ben", { before: 2, limit: 2 });
  expect(older).toMatchObject({ upTo: 0, unread: 3, hasMore: false, messages: [{ payload: { n: 1 } }] });
});

Deno.test("[F1b] who joins a room of such a feature without a position begins at the read mark", async () => {
  const { hosts, features } = hosted({ fromReadMark: true });
  using world = new Harness({ features });
  for (const n of [1, 2, 3]) await hosts[0]!.publish({ roomId: "tea", type: "news", body: { n } });
  const offsets = async (options: object) => {
    const anna = world.connect("anna");
    await anna.join("tea", options);
    await world.settle();
    return anna.all().flatMap(({ payload }) => "n" in payload ? [payload.n] : []);
  };
  expect(await offsets({})).toEqual([1, 2, 3]);
  const { epoch } = await hosts[0]!.glance("tea", "anna", { limit: 1 });
  const reader = await world.member("anna", "tea");
  await reader.ask("read_messages", { roomId: "tea", epoch, upTo: 2 });
  expect(await offsets({})).toEqual([3]);
  expect(await offsets({ since: { epoch, offset: 1 } })).toEqual([2, 3]);
  expect(await offsets({ history: 2 })).toEqual([2, 3]);
});

Deno.test("[J1g] rooms that a feature keeps to itself are read by all and written by the application alone", async () => {
  const { hosts, features } = hosted({ readOnly: true });
  using world = new Harness({ features });
  const anna = await world.member("anna", "tea");
  for (const more of [{}, { ephemeral: true }]) {
    const refused = await anna.ask("publish", { roomId: "tea", event: "x", ...more });
    expect(refused).toMatchObject({ success: false, error: { code: "forbidden" } });
  }
  const { epoch } = await hosts[0]!.publish({ roomId: "tea", type: "news", body: {} });
  expect(await anna.ask("read_messages", { roomId: "tea", epoch, upTo: 1 })).toMatchObject({ success: true });
});
