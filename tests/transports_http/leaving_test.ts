import { expect } from "@std/expect";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore } from "../harness/store.ts";
import { eventually, site } from "./harness/mod.ts";

Deno.test("[T1] who leaves while the stream is still being opened leaves nothing behind", async () => {
  const store = new ControlledStore(memory());
  await using relay = site({ store });
  const letGo = store.hold("heads");
  const abort = new AbortController();
  const opening = relay.user("ann").fetch("/api/events?rooms=tea", { signal: abort.signal }).catch(() =>
    "left"
  );
  await eventually(() => store.calls.includes("heads"), "the room is being opened");
  abort.abort();
  expect(await opening).toBe("left");
  const { hub } = relay.relay;
  expect(hub.sessionCount).toBe(1);
  letGo();
  await eventually(() => hub.sessionCount === 0, "the session ended");
});

Deno.test("[T3] who leaves while the room is still being opened does not wait", async () => {
  const store = new ControlledStore(memory());
  let taken = 0;
  const waitingPlaces = { take: () => (taken++, () => {}) };
  let noticed = false;
  await using relay = site({ store, waitingPlaces }, ({ signal }) => {
    signal.addEventListener("abort", () => noticed = true);
  });
  const letGo = store.hold("heads");
  const abort = new AbortController();
  const ann = relay.user("ann");
  const waiting = ann.fetch("/api/rooms/tea/messages/wait", { signal: abort.signal }).catch(() => "left");
  await eventually(() => store.calls.includes("heads"), "the room is being opened");
  abort.abort();
  expect(await waiting).toBe("left");
  await eventually(() => noticed, "the runtime noticed");
  // who asks for the same room after it is answered after it
  const after = ann.poll("tea");
  letGo();
  await after;
  expect([taken, relay.relay.hub.parking.size]).toEqual([0, 0]);
  await ann.fetch("/api/rooms/tea/messages/wait?timeoutMs=1").then((response) => response.body?.cancel());
  expect(taken).toBe(1);
});
