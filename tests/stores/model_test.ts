import { expect } from "@std/expect";
import fc from "fast-check";
import type { Draft, Range, Store } from "../../src/hub/ports.ts";
import { kv } from "../../src/stores/kv.ts";
import { memory } from "../../src/stores/memory.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { Folder } from "./support/folder.ts";

type Operation =
  | { readonly kind: "append"; readonly drafts: readonly Draft[] }
  | { readonly kind: "read"; readonly roomId: string; readonly range: Range }
  | { readonly kind: "heads"; readonly roomIds: readonly string[] }
  | {
    readonly kind: "put";
    readonly key: string;
    readonly value: string;
    readonly ifVersion: number | undefined;
  }
  | { readonly kind: "get" | "delete"; readonly key: string }
  | { readonly kind: "list" }
  | { readonly kind: "reopen" };

const room = fc.constantFrom("a", "b", "game:1");
const key = fc.constantFrom("k", "K", "__proto__", "ü");
const small = fc.integer({ min: 0, max: 40 });

const anyDraft: fc.Arbitrary<Draft> = fc.record({
  roomId: room,
  id: fc.uuid(),
  type: fc.constantFrom("new_message", "event"),
  userId: fc.constantFrom("yamada", "suzuki"),
  userName: fc.string({ unit: "grapheme" }),
  messageId: fc.constantFrom(...Array.from({ length: 30 }, (_, n) => `m${n}`)),
  timestampMs: fc.constant(1_790_000_000_000),
  body: fc.jsonValue().map((value) => JSON.stringify({ value })),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("append"), drafts: fc.array(anyDraft, { maxLength: 12 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      roomId: room,
      range: fc.oneof(fc.record({ after: small, limit: small }), fc.record({ before: small, limit: small })),
    }),
  },
  fc.record({ kind: fc.constant("heads"), roomIds: fc.array(room) }),
  fc.record({
    kind: fc.constant("put"),
    key,
    value: fc.jsonValue().map((value) => JSON.stringify(value)),
    ifVersion: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom("get", "delete"), key }),
  fc.record({ kind: fc.constant("list") }),
  fc.record({ kind: fc.constant("reopen") }),
) as fc.Arbitrary<Operation>;

Deno.test("a sqlite store answers what a memory store answers, settled, reopened or not", async () => {
  await compare((path, settleAfter) => sqlite(path, { settleAfter }), 60);
});

Deno.test("a kv store answers what a memory store answers, reopened or not", async () => {
  await compare((path) => kv({ open: () => Deno.openKv(path) }), 30);
});

async function compare(make: (path: string, settleAfter: number) => Store, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 1, max: 60 }),
      async (operations, settleAfter) => {
        await using folder = await Folder.make();
        const open = () => make(folder.file("store.db"), settleAfter);
        const model = memory({ newEpoch: () => "epoch" });
        let store = open();
        try {
          for (const one of operations) {
            if (one.kind === "reopen") {
              await store.close();
              store = open();
            } else {
              expect(withoutEpoch(await answer(store, one))).toEqual(withoutEpoch(await answer(model, one)));
            }
          }
        } finally {
          await store.close();
        }
      },
    ),
    { numRuns },
  );
}

function answer(store: Store, operation: Exclude<Operation, { kind: "reopen" }>): Promise<unknown> {
  switch (operation.kind) {
    case "append":
      return Promise.all(operation.drafts.map((draft) => store.append(draft)));
    case "read":
      return store.read(operation.roomId, operation.range);
    case "heads":
      return store.heads(operation.roomIds);
    case "put": {
      const { key, value, ifVersion } = operation;
      return store.put("table", key, value, ifVersion === undefined ? {} : { ifVersion });
    }
    case "get":
      return store.get("table", operation.key);
    case "delete":
      return store.delete("table", operation.key);
    case "list":
      return store.list("table");
  }
}

function withoutEpoch(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer ?? null, (key, value) => key === "epoch" ? "" : value));
}
