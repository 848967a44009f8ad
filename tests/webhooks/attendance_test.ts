import { expect } from "@std/expect";
import { memory } from "../../src/stores/memory.ts";
import { Attendance } from "../../src/webhooks/attendance.ts";
import { ControlledStore, FakeClock } from "../harness/mod.ts";

const ANNA = { userId: "anna", userName: "Anna" };
const BEN = { userId: "ben", userName: "Ben" };

/** Nodes on one store, and what they told. */
class Nodes {
  readonly clock = new FakeClock();
  readonly store = new ControlledStore(memory({ now: () => this.clock.now() }));
  readonly told: string[] = [];
  readonly lost: unknown[] = [];

  node(nodeId: string): Attendance {
    return new Attendance({
      table: this.store,
      clock: this.clock,
      nodeId,
      joined: (roomId, { userId }) => void this.told.push(`${userId} joined ${roomId}`),
      left: (roomId, { userId }) => void this.told.push(`${userId} left ${roomId}`),
      lost: (error) => void this.lost.push(error),
    });
  }

  async stop(...nodes: Attendance[]): Promise<void> {
    const stopped = Promise.all(nodes.map((node) => node.stop()));
    await this.clock.advance(1000);
    await stopped;
  }
}

Deno.test("[S3] a user on two nodes joins once and leaves once, also when both parts come and go at one moment", async () => {
  const nodes = new Nodes();
  const [one, two] = [nodes.node("n1"), nodes.node("n2")];
  for (let round = 0; round < 5; round++) {
    nodes.told.length = 0;
    one.here("tea", ANNA);
    two.here("tea", ANNA);
    await nodes.clock.settle();
    expect(nodes.told).toEqual(["anna joined tea"]);
    one.gone("tea", ANNA);
    two.gone("tea", ANNA);
    await nodes.clock.settle();
    expect(nodes.told).toEqual(["anna joined tea", "anna left tea"]);
  }
  // one part alone is no end, and another room another matter
  one.here("tea", ANNA);
  two.here("tea", ANNA);
  two.here("milk", ANNA);
  one.gone("tea", ANNA);
  await nodes.clock.settle();
  expect(nodes.told.slice(2)).toEqual(["anna joined tea", "anna joined milk"]);
  await nodes.stop(one, two);
});

Deno.test("[S3] without the agreement both nodes would have told", async () => {
  const nodes = new Nodes();
  const [one, two] = [nodes.node("n1"), nodes.node("n2")];
  // a store that forgets what the other node wrote, as if each had its own
  nodes.store.get = () => Promise.resolve(undefined);
  nodes.store.put = () => Promise.resolve({ ok: true, version: 1 });
  one.here("tea", ANNA);
  two.here("tea", ANNA);
  await nodes.clock.settle();
  expect(nodes.told).toEqual(["anna joined tea", "anna joined tea"]);
  await nodes.stop(one, two);
});

Deno.test("[S3d] of a node that died its users are told as gone within 40 s, once, unless they came back elsewhere", async () => {
  const nodes = new Nodes();
  const [one, two, three] = [nodes.node("n1"), nodes.node("n2"), nodes.node("n3")];
  one.here("tea", ANNA);
  one.here("tea", BEN);
  await nodes.clock.advance(5000);
  nodes.told.length = 0;
  // it dies: nothing of it is written any more
  await nodes.stop(one);
  two.here("tea", BEN);
  await nodes.clock.advance(10_000);
  expect(nodes.told).toEqual([]);
  await nodes.clock.advance(30_000);
  expect(nodes.told).toEqual(["anna left tea"]);
  two.gone("tea", BEN);
  await nodes.clock.settle();
  expect(nodes.told).toEqual(["anna left tea", "ben left tea"]);
  await nodes.stop(two, three);
});

Deno.test("[S3d] however long it takes to tell of a dead node's users, who is there is not taken for gone", async () => {
  const nodes = new Nodes();
  const [one, two] = [nodes.node("n1"), nodes.node("n2")];
  for (let n = 0; n < 100; n++) one.here("tea", { userId: `user-${n}`, userName: "" });
  two.here("tea", ANNA);
  await nodes.clock.advance(5000);
  await nodes.stop(one);
  nodes.told.length = 0;
  // each row takes a second, and a node that knows nothing of the dead one comes while they are told
  const put = nodes.store.put.bind(nodes.store);
  nodes.store.put = async (...args) => {
    if (args[0] === "webhook_users") await new Promise<void>((go) => void nodes.clock.after(1000, go));
    return await put(...args);
  };
  await nodes.clock.advance(40_000);
  const three = nodes.node("n3");
  await nodes.clock.advance(120_000);
  expect(nodes.told).toHaveLength(100);
  expect(nodes.told).not.toContain("anna left tea");
  await nodes.stop(two, three);
});

Deno.test("[S3d] what could not be written of a dead node is tried again until it is", async () => {
  const nodes = new Nodes();
  const [one, two] = [nodes.node("n1"), nodes.node("n2")];
  one.here("tea", ANNA);
  await nodes.clock.advance(5000);
  await nodes.stop(one);
  const put = nodes.store.put.bind(nodes.store);
  nodes.store.put = (...args) =>
    args[0] === "webhook_users" ? Promise.reject(new Error("away")) : put(...args);
  await nodes.clock.advance(90_000);
  expect(nodes.told).toEqual(["anna joined tea"]);
  nodes.store.put = put;
  await nodes.clock.advance(20_000);
  expect(nodes.told).toEqual(["anna joined tea", "anna left tea"]);
  expect(nodes.lost).toEqual([]);
  await nodes.stop(two);
});

Deno.test("[S3d] after a restart who came back was never gone, and who did not is told within a minute", async () => {
  const nodes = new Nodes();
  const before = nodes.node("life-1");
  before.here("tea", ANNA);
  before.here("tea", BEN);
  await nodes.clock.advance(5000);
  await nodes.stop(before);
  // nobody remembers the node itself: only the rows of its users do
  await nodes.clock.advance(20_000);
  nodes.told.length = 0;
  const after = nodes.node("life-2");
  after.here("tea", ANNA);
  await nodes.clock.advance(25_000);
  expect(nodes.told).toEqual([]);
  await nodes.clock.advance(35_000);
  expect(nodes.told).toEqual(["ben left tea"]);
  await nodes.stop(after);
});

Deno.test("[S3] [A3] an answer of the store that was lost costs no event, and a store that is away only time", async () => {
  const nodes = new Nodes();
  const node = nodes.node("n1");
  await nodes.clock.settle();
  const put = nodes.store.put.bind(nodes.store);
  let answered = 0;
  nodes.store.put = async (...args) => {
    const result = await put(...args);
    answered++;
    nodes.store.failing = "before";
    throw new Error(`the answer is lost: ${result.ok}`);
  };
  node.here("tea", ANNA);
  await nodes.clock.settle();
  expect(answered).toBe(1);
  nodes.store.put = put;
  await nodes.clock.advance(2000);
  expect(nodes.told).toEqual([]);
  nodes.store.failing = undefined;
  await nodes.clock.advance(1000);
  expect(nodes.told).toEqual(["anna joined tea"]);
  // away for good: it is given up, and said
  nodes.store.failing = "before";
  node.gone("tea", ANNA);
  await nodes.clock.advance(20_000);
  expect([nodes.told.length, nodes.lost.length]).toEqual([1, 1]);
  nodes.store.failing = undefined;
  await nodes.stop(node);
});

Deno.test("[S3] [A3] a lost answer costs no event where another node has written since", async () => {
  const nodes = new Nodes();
  const [one, two] = [nodes.node("n1"), nodes.node("n2")];
  await nodes.clock.settle();
  const put = nodes.store.put.bind(nodes.store);
  const unanswered = async (change: () => void) => {
    nodes.store.put = (...args) => put(...args).then(() => Promise.reject(new Error("the answer is lost")));
    change();
    await nodes.clock.settle();
    nodes.store.put = put;
  };
  await unanswered(() => one.here("tea", ANNA));
  two.here("tea", ANNA);
  await nodes.clock.settle();
  expect(nodes.told).toEqual([]);
  await nodes.clock.advance(1000);
  expect(nodes.told).toEqual(["anna joined tea"]);
  // who came back through another node before it was told is there
  two.gone("tea", ANNA);
  await nodes.clock.settle();
  await unanswered(() => one.gone("tea", ANNA));
  two.here("tea", ANNA);
  await nodes.clock.advance(1000);
  expect(nodes.told.slice(1)).toEqual(["anna joined tea"]);
  await nodes.stop(one, two);
});

Deno.test("[S3] a node that stood still is taken for gone; when it goes on its users are there again", async () => {
  const nodes = new Nodes();
  const [one, two] = [nodes.node("n1"), nodes.node("n2")];
  one.here("tea", ANNA);
  await nodes.clock.advance(5000);
  const { put } = nodes.store;
  // what the first one writes of itself does not come through for a while
  nodes.store.put = (table, key, ...rest) =>
    key === "n1" ? Promise.reject(new Error("away")) : put.call(nodes.store, table, key, ...rest);
  await nodes.clock.advance(45_000);
  expect(nodes.told).toEqual(["anna joined tea", "anna left tea"]);
  nodes.store.put = put;
  await nodes.clock.advance(6000);
  expect(nodes.told).toEqual(["anna joined tea", "anna left tea", "anna joined tea"]);
  await nodes.stop(one, two);
});
