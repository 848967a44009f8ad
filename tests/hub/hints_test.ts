import { expect } from "@std/expect";
import { Harness } from "../harness/mod.ts";
import { packEntries, unpackEntries } from "../../src/hub/hint_entries.ts";
import type { Entry } from "../../src/hub/ports.ts";

/** Two nodes, somebody in the room on each; what the second reads of the store is counted. */
async function twoNodes({ trusted }: { trusted: boolean }) {
  const relay = new Harness();
  relay.backplane.trusted = trusted;
  const far = relay.node("node-2");
  const ann = await relay.member("ann", "tea");
  const bob = relay.connect("bob", { hub: far });
  await bob.join("tea");
  await relay.settle();
  let reads = 0;
  const { read } = relay.store;
  relay.store.read = (...args) => (reads++, read.apply(relay.store, args));
  const said: unknown[] = [];
  relay.backplane.end().subscribe((news) => said.push(news));
  return { relay, far, ann, bob, said, reads: () => reads };
}

Deno.test("[R1] a trusted hint brings its messages along: the other node asks the store nothing", async () => {
  const { relay, ann, bob, reads } = await twoNodes({ trusted: true });
  using _ = relay;
  for (let n = 0; n < 20; n++) ann.send("send_message", { roomId: "tea", content: `${n}` });
  await relay.settle();
  expect(bob.offsets("tea")).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(bob.of("new_message")).toEqual(ann.of("new_message"));
  expect(reads()).toBe(0);
});

Deno.test("[R1] without trust a hint is a reason to look, whatever it holds", async () => {
  const { relay, ann, bob, reads } = await twoNodes({ trusted: false });
  using _ = relay;
  await ann.ask("send_message", { roomId: "tea", content: "hello" });
  await relay.settle();
  expect(bob.offsets("tea")).toEqual([1]);
  expect(reads()).toBeGreaterThan(0);
});

Deno.test("[R1] what one turn stores in a room is one hint", async () => {
  const { relay, ann, said } = await twoNodes({ trusted: true });
  using _ = relay;
  for (let n = 0; n < 50; n++) ann.send("send_message", { roomId: "tea", content: `${n}` });
  await relay.settle();
  const hints = said.filter((news) => (news as { kind: string }).kind === "hint");
  expect(hints).toMatchObject([{ roomId: "tea", offset: 50 }]);
});

Deno.test("[R1] a stretch too long for a hint is read from the store", async () => {
  const { relay, ann, bob, reads } = await twoNodes({ trusted: true });
  using _ = relay;
  const content = "x".repeat(30_000);
  for (let n = 0; n < 4; n++) ann.send("send_message", { roomId: "tea", content });
  await relay.settle();
  expect(bob.offsets("tea")).toEqual([1, 2, 3, 4]);
  expect(reads()).toBeGreaterThan(0);
});

Deno.test("[R1] a trusted hint that leaves a gap is healed from the store, an older one is dropped", async () => {
  const { relay, ann, bob } = await twoNodes({ trusted: true });
  using _ = relay;
  relay.backplane.losing = true;
  await ann.ask("send_message", { roomId: "tea", content: "lost" });
  relay.backplane.losing = false;
  await ann.ask("send_message", { roomId: "tea", content: "heard" });
  await relay.settle();
  expect(bob.offsets("tea")).toEqual([1, 2]);
  const [, second] = bob.of("new_message");
  const entries = JSON.stringify([["other", "new_message", "eve", "Eve", "m", 0, "{}"]]);
  const late = { kind: "hint", roomId: "tea", epoch: second!.epoch, entries };
  relay.backplane.inject({ ...late, offset: 2 });
  relay.backplane.inject({ ...late, offset: 1 });
  await relay.settle();
  expect(bob.offsets("tea")).toEqual([1, 2]);
});

Deno.test("[R1] entries that are none are passed over: the store is asked", async () => {
  const { relay, ann, bob } = await twoNodes({ trusted: true });
  using _ = relay;
  await ann.ask("send_message", { roomId: "tea", content: "hello" });
  await relay.settle();
  const { epoch } = bob.of("new_message")[0]!;
  const wrong = [
    "",
    "{",
    "[]",
    "[[]]",
    '[["id","a b","u","U","m",0,"{}"]]',
    '[["id","t","u","U","m",0,"[]"]]',
  ];
  for (const entries of wrong) {
    relay.backplane.inject({ kind: "hint", roomId: "tea", epoch, offset: 2, entries });
  }
  await relay.settle();
  expect(bob.offsets("tea")).toEqual([1]);
  expect(relay.errors).toEqual([]);
});

Deno.test("entries come out of a hint as they went in", () => {
  const entry = (offset: number): Entry => ({
    roomId: "tea",
    id: `id-${offset}`,
    type: "new_message",
    userId: offset === 8 ? "@server" : "ann",
    userName: "あん",
    messageId: `m-${offset}`,
    timestampMs: 1_700_000_000_000 + offset,
    body: JSON.stringify({ content: '"\n日本語 🙂', replyTo: null }),
    offset,
  });
  const entries = [entry(7), entry(8), entry(9)];
  expect(unpackEntries(packEntries(entries), "tea", 9)).toEqual(entries);
});

Deno.test("news of rooms nobody here is in is not even read", async () => {
  const { relay, bob } = await twoNodes({ trusted: true });
  using _ = relay;
  let read = 0;
  const watched = (roomId: string) => ({
    kind: "ephemeral",
    roomId,
    get json() {
      read++;
      return "{}";
    },
  });
  relay.backplane.inject(watched("elsewhere"));
  expect(read).toBe(0);
  relay.backplane.inject(watched("tea"));
  expect(read).toBeGreaterThan(0);
  expect(bob.closed).toBeUndefined();
});
