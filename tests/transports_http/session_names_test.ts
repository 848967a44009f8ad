import { expect } from "@std/expect";
import { memory } from "../../src/stores/memory.ts";
import { SessionNames } from "../../src/transports/session_names.ts";
import { FakeClock } from "../harness/clock.ts";
import { ControlledStore } from "../harness/store.ts";

const NAME = "0123456789abcdef0123456789abcdef";
const HOUR_MS = 3600_000;

function fixture() {
  const clock = new FakeClock();
  const store = new ControlledStore(memory({ now: () => clock.now() }));
  return { clock, store, names: new SessionNames(store, clock), elsewhere: new SessionNames(store, clock) };
}

const codeOf = (bound: Promise<void>) => bound.then(() => "bound", ({ code }) => code);

Deno.test("[T0] a name is its first user's on every node, and nobody else's", async () => {
  const { names, elsewhere } = fixture();
  await names.bind(NAME, "ann");
  expect(await codeOf(elsewhere.bind(NAME, "ann"))).toBe("bound");
  expect(await codeOf(elsewhere.bind(NAME, "ben"))).toBe("forbidden");
  expect(await codeOf(names.bind(NAME, "ben"))).toBe("forbidden");
});

Deno.test("[T0] of two who come at once one gets the name", async () => {
  const { names, elsewhere } = fixture();
  const outcomes = await Promise.all([codeOf(names.bind(NAME, "ann")), codeOf(elsewhere.bind(NAME, "ben"))]);
  expect(outcomes.toSorted()).toEqual(["bound", "forbidden"]);
});

Deno.test("[T0] a name that is known costs the store nothing", async () => {
  const { names, store } = fixture();
  await names.bind(NAME, "ann");
  const before = store.calls.length;
  for (let n = 0; n < 100; n++) await names.bind(NAME, "ann");
  expect(store.calls.length).toBe(before);
});

Deno.test("[T0] a name stays its user's as long as it is used, and a day longer", async () => {
  const { names, elsewhere, clock } = fixture();
  for (let h = 0; h < 100; h++) {
    await names.bind(NAME, "ann");
    await clock.advance(HOUR_MS);
  }
  expect(await codeOf(elsewhere.bind(NAME, "ben"))).toBe("forbidden");
  await clock.advance(25 * HOUR_MS);
  expect(await codeOf(elsewhere.bind(NAME, "ben"))).toBe("bound");
  expect(await codeOf(names.bind(NAME, "ann"))).toBe("forbidden");
});

Deno.test("[T0] a store that cannot say whose a name is does not give it away", async () => {
  const { names, store } = fixture();
  store.failing = "before";
  expect(await codeOf(names.bind(NAME, "ann"))).toBe("store_unavailable");
  store.failing = undefined;
  expect(await codeOf(names.bind(NAME, "ben"))).toBe("bound");
});
