import { expect } from "@std/expect";
import * as Y from "yjs";
import type { TransportName } from "../../../src/client/types.ts";
import { edit, type Mutation } from "./world.ts";

/** `SEEDS=2000 SEED=1` runs more, from another one. */
const SEEDS = Number(Deno.env.get("SEEDS") ?? 12);
const FIRST = Number(Deno.env.get("SEED") ?? 20);

Deno.test("[F3] whatever happens on the way, all documents are the same in the end and nothing is lost", async () => {
  const seen = { changes: 0, cuts: 0, trimmed: 0 };
  const switches = { ws: 0, sse: 0, longpoll: 0, poll: 0 };
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const verdict = await edit(seed);
    expect(`seed ${seed}: ${verdict.wrong ?? "fine"}`).toBe(`seed ${seed}: fine`);
    for (const what of ["changes", "cuts", "trimmed"] as const) seen[what] += verdict.seen[what];
    for (const to of ["ws", "sse", "longpoll", "poll"] as const) switches[to] += verdict.seen.switches[to];
  }
  // a run in which nothing happens proves nothing
  expect(seen.changes).toBeGreaterThan(30 * SEEDS);
  expect(seen.cuts).toBeGreaterThan(SEEDS);
  expect(seen.trimmed).toBeGreaterThan(10 * SEEDS);
  for (const to of ["ws", "sse", "longpoll", "poll"] as const) {
    expect([to, switches[to] > SEEDS / 2]).toEqual([to, true]);
  }
});

/** How many seeds a mutant may live through. */
const PATIENCE = 40;

async function expectFound(mutation: Mutation): Promise<void> {
  for (let seed = 1; seed <= PATIENCE; seed++) if ((await edit(seed, mutation)).wrong) return;
  throw new Error(`nobody noticed in ${PATIENCE} seeds`);
}

Deno.test("[F3a] the simulation finds a server that drops the tail after its snapshot", () =>
  expectFound({
    feature: (feature) => ({
      ...feature,
      opening: async (room) => ({ ...await feature.opening!(room), offset: room.position.offset }),
    }),
  }));

Deno.test("[F3b] the simulation finds a server that trims above its snapshot", () =>
  expectFound({
    store: (store) =>
      Object.assign(Object.create(store), {
        append: store.append.bind(store),
        read: store.read.bind(store),
        heads: store.heads.bind(store),
        get: store.get.bind(store),
        put: store.put.bind(store),
        list: store.list.bind(store),
        delete: store.delete.bind(store),
        ready: store.ready.bind(store),
        close: store.close.bind(store),
        retain: () => Promise.resolve(),
      }),
  }));

Deno.test("[F3] the simulation finds a client that brings nothing along when it comes back", () =>
  expectFound({
    yjs: {
      ...Y,
      encodeStateAsUpdate: () => Y.encodeStateAsUpdate(new Y.Doc()),
    },
  }));

/** A client that says on one transport that it is one message further than it is. */
const oneTooFar = (where: TransportName): Mutation => ({
  posted(posted, way) {
    if (way !== where || !posted.joins) return posted;
    const joins = posted.joins.map((join) => {
      const { since } = join.payload;
      if (!since) return join;
      return { ...join, payload: { ...join.payload, since: { ...since, offset: since.offset + 1 } } };
    });
    return { ...posted, joins };
  },
});

// short polls say it in the same words as long ones, and are in use too seldom here to be found out
for (const way of ["sse", "longpoll"] as const) {
  Deno.test(`[T5] the simulation finds a client whose place in the log is one too far over ${way}`, () =>
    expectFound(oneTooFar(way)));
}
