import { expect } from "@std/expect";
import * as z from "zod";
import { type Feature, featureHandler, type FeatureRoom, type RoomLease } from "../../src/hub/feature.ts";
import { Harness } from "../harness/mod.ts";

/** A feature that notes what it is told. */
function noting(notes: string[], more: Partial<Feature> = {}): Feature {
  return {
    name: "noting",
    owns: () => true,
    handlers: {
      note: featureHandler<{ roomId: string; text: string }>({
        schema: z.object({ roomId: z.string(), text: z.string() }),
        right: "write",
        joined: true,
        handle({ room, payload }) {
          room?.tell({ text: payload.text });
          return {};
        },
      }),
    },
    joined: (_room, { identity, send }) => send("noted", { hello: identity.userId }),
    told: (room, note) => void notes.push(`${room.id} ${JSON.stringify(note)}`),
    ...more,
  };
}

Deno.test("a feature greets who joins: after the answer, before what the room has for it, and not twice", async () => {
  using world = new Harness({ features: () => [noting([])] });
  const anna = await world.member("anna", "tea");
  await anna.ask("publish", { roomId: "tea", event: "one" });
  const ben = world.connect("ben");
  ben.send("join_room", { roomId: "tea", history: 1 }, "m");
  await world.settle();
  ben.send("join_room", { roomId: "tea" });
  await world.settle();
  const types: string[] = ben.all().map(({ type }) => type);
  expect(types).toEqual(["welcome", "ack", "noted", "event", "joined_room"]);
});

Deno.test("a feature tells itself on the other nodes that have the room open, and only there", async () => {
  const notes: string[][] = [[], [], []];
  let nodes = 0;
  using world = new Harness({ features: () => [noting(notes[nodes++]!)] });
  const [second, third] = [world.node("node-2"), world.node("node-3")];
  const anna = await world.member("anna", "tea");
  await world.connect("ben", { hub: second }).join("tea");
  await world.connect("carl", { hub: third }).join("coffee");
  await anna.ask("note", { roomId: "tea", text: "hello" });
  await world.settle();
  expect(notes).toEqual([[], ['tea {"text":"hello"}'], []]);
});

Deno.test("a feature that throws harms nobody", async () => {
  const throws = () => {
    throw new Error("a mistake");
  };
  using world = new Harness({ features: () => [noting([], { joined: throws, told: throws })] });
  const other = world.node("node-2");
  const anna = await world.member("anna", "tea");
  const ben = world.connect("ben", { hub: other });
  await ben.join("tea");
  await anna.ask("note", { roomId: "tea", text: "hello" });
  world.backplane.inject({ kind: "feature", roomId: "tea", json: "{{" });
  expect(await ben.ask("ping", {})).toMatchObject({ success: true });
  expect(world.errors.map(({ event, fields }) => `${event} ${fields.feature}`)).toContain(
    "feature_failed noting",
  );
});

Deno.test("of the nodes that have a room open one owns its lease, and another when that one is done", async () => {
  const leases = new Map<FeatureRoom, RoomLease>();
  const won: number[] = [];
  const owning: Partial<Feature> = {
    joined(room) {
      leases.set(room, room.lease({ won: (term) => won.push(term), lost() {}, failed() {} }));
    },
    closed(room) {
      leases.get(room)!.close();
      leases.delete(room);
    },
  };
  using world = new Harness({ features: () => [noting([], owning)] });
  const other = world.node("node-2");
  const anna = await world.member("anna", "tea");
  await world.connect("ben", { hub: other }).join("tea");
  await world.advance(5000);
  expect([...leases.values()].map(({ term }) => term)).toEqual([1, undefined]);
  await anna.ask("leave_room", { roomId: "tea" });
  await world.advance(3000);
  expect(leases.size).toBe(1);
  expect([...leases.values()].map(({ term }) => term)).toEqual([won.at(-1)]);
  expect(won).toHaveLength(2);
});
