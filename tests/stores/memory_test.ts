import { expect } from "@std/expect";
import { memory } from "../../src/stores/memory.ts";
import { draft, storeContract } from "../contract/store_contract.ts";

storeContract("memory", (options) => Promise.resolve(memory(options)));

Deno.test("memory: time and epoch are what it is given", async () => {
  let nowMs = 1_000;
  const store = memory({
    now: () => nowMs,
    newEpoch: () => "first",
    retentionMessages: 1,
    retentionHours: 1,
  });
  expect(await store.append(draft("a", { timestampMs: nowMs }))).toMatchObject({ epoch: "first", offset: 1 });
  await store.put("t", "k", "1", { ttlMs: 10 });
  nowMs += 9;
  expect(await store.get("t", "k")).toMatchObject({ version: 1 });
  nowMs += 1;
  expect(await store.get("t", "k")).toBeUndefined();
  nowMs += 3_600_000;
  await store.append(draft("a", { timestampMs: nowMs }));
  expect(await store.heads(["a"])).toEqual([{ roomId: "a", epoch: "first", offset: 2, oldest: 2 }]);
  await store.close();
});

Deno.test("[R5] memory: rooms nobody writes to are trimmed by writes to others", async () => {
  let nowMs = 0;
  const store = memory({ now: () => nowMs, retentionMessages: 1, retentionHours: 1 });
  for (let n = 0; n < 100; n++) await store.append(draft("quiet", { timestampMs: nowMs }));
  nowMs += 2 * 3_600_000;
  for (let n = 0; n < 40; n++) await store.append(draft("busy", { timestampMs: nowMs }));
  const [quiet, busy] = await store.heads(["quiet", "busy"]);
  expect(quiet).toMatchObject({ offset: 100, oldest: 100 });
  expect(busy).toMatchObject({ offset: 40, oldest: 1 });
  await store.close();
});

Deno.test("memory: expired rows nobody asks for are dropped by later puts", async () => {
  let nowMs = 0;
  const store = memory({ now: () => nowMs });
  for (let n = 0; n < 100; n++) await store.put("tickets", `t${n}`, "1", { ttlMs: 10 });
  nowMs += 10;
  expect(await store.list("tickets")).toEqual([]);
  // as long as it is held, a row that is back in time would show again
  for (let n = 0; n < 100; n++) await store.put("other", "k", "1");
  nowMs = 0;
  expect(await store.list("tickets")).toEqual([]);
  await store.close();
});
