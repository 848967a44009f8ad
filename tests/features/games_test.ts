import { expect } from "@std/expect";
import { chat } from "../../src/features/chat.ts";
import { arena } from "../../src/features/game/arena.ts";
import { type GameState, StateReader } from "../../src/client/game.ts";
import type { GameRules } from "../../src/features/game/rules.ts";
import { games } from "../../src/features/games.ts";
import { changedSource } from "../harness/changed_source.ts";
import { Harness, type TestClient, unhurried } from "../harness/mod.ts";
import { dots } from "./game/dots.ts";

const features = () => [games({ "game:dots": dots, "game:*": arena }), chat()];
const ROOM = "game:dots";

function harness(options: ConstructorParameters<typeof Harness>[0] = {}): Harness {
  return new Harness({ features, limits: unhurried, ...options });
}

/** The states that came since this was last asked. */
function states(client: TestClient): GameState[] {
  return client.news().filter(({ type }) => type === "game_state").map(({ payload }) => payload as GameState);
}

/** What a client knows after all that came. */
function seenBy(reader: StateReader, came: readonly GameState[]) {
  return came.map((state) => reader.read(state)).filter((state) => state !== undefined).at(-1);
}

function say(client: TestClient, seq: number, input: unknown = [seq, 0], more: object = {}): void {
  client.send("player_input", { roomId: ROOM, seq, input, ...more });
}

Deno.test("[F4] sixty states a second, the same bytes for all who play or look on", async () => {
  using world = harness();
  const anna = await world.member("anna", ROOM);
  const ben = await world.member("ben", ROOM);
  await world.advance(200);
  states(anna);
  states(ben);
  say(anna, 1);
  await world.advance(1000);
  const [seen, bens] = [states(anna), states(ben)];
  expect(seen.length).toBeGreaterThanOrEqual(59);
  expect(bens).toEqual(seen);
  expect(seen.at(-1)!.tick - seen[0]!.tick).toBe(seen.length - 1);
  const frames = (client: TestClient) => client.connection.arrived.slice(-50);
  expect(frames(ben)).toEqual(frames(anna));
});

Deno.test("[F4b] who joins sees the whole at once", async () => {
  using world = harness();
  const anna = await world.member("anna", ROOM);
  say(anna, 1);
  await world.advance(500);
  const ben = await world.member("ben", ROOM);
  await world.advance(100);
  expect(seenBy(new StateReader(), states(ben))).toMatchObject({ players: [{ id: "anna" }] });
});

Deno.test("[F4] a room of which nobody is any more costs nothing: no loop, no lease, no timer", async () => {
  using world = harness();
  await world.advance(1000);
  const idle = world.clock.timers;
  const anna = await world.member("anna", ROOM);
  say(anna, 1);
  await world.advance(1000);
  expect(world.clock.timers).toBeGreaterThan(idle);
  anna.cut(1000);
  await world.advance(4000);
  expect(world.clock.timers).toBe(idle);
  world.store.calls.length = 0;
  await world.advance(30_000);
  expect(world.store.calls.filter((call) => call !== "list")).toEqual([]);
});

Deno.test("[F4a] what players on other nodes say reaches the owner, and they see what comes of it", async () => {
  using world = harness();
  const other = world.node("node-2");
  const anna = await world.member("anna", ROOM);
  const ben = world.connect("ben", { hub: other });
  await ben.join(ROOM);
  await world.advance(100);
  say(anna, 1, [11, 0]);
  say(ben, 2, [22, 0], { earlier: [[21, 0]] });
  await world.advance(200);
  const [here, there] = [anna, ben].map((client) => seenBy(new StateReader(), states(client)));
  expect(there).toMatchObject({ players: [{ id: "anna", x: 11 }, { id: "ben", x: 22, lastSeq: 2 }] });
  expect(here!.players).toEqual(there!.players);
  await ben.ask("leave_room", { roomId: ROOM });
  await world.advance(2500);
  expect(seenBy(new StateReader(), states(anna))).toMatchObject({ players: [{ id: "anna" }] });
});

Deno.test("[F4] states leave the node only while another one has the room open", async () => {
  using world = harness();
  const other = world.node("node-2");
  const told: string[] = [];
  world.backplane.end().subscribe((news) => told.push((news as { kind: string }).kind));
  const statesTold = async (ms: number) => {
    told.length = 0;
    await world.advance(ms);
    return told.filter((kind) => kind === "ephemeral").length;
  };
  const anna = await world.member("anna", ROOM);
  say(anna, 1);
  await world.advance(10_000);
  expect(await statesTold(5000)).toBe(0);
  const ben = world.connect("ben", { hub: other });
  await ben.join(ROOM);
  await world.advance(100);
  expect(seenBy(new StateReader(), states(ben))).toMatchObject({ players: [{ id: "anna" }] });
  // who only looks on is not forgotten either
  expect(await statesTold(20_000)).toBeGreaterThan(1100);
  await ben.ask("leave_room", { roomId: ROOM });
  await world.advance(10_000);
  expect(await statesTold(5000)).toBe(0);
});

Deno.test("[F4c] the owner leaves: another node goes on at once, with the world as it was", async () => {
  using world = harness();
  const other = world.node("node-2");
  const anna = await world.member("anna", ROOM);
  const ben = world.connect("ben", { hub: other });
  await ben.join(ROOM);
  await world.advance(100);
  say(anna, 1);
  say(ben, 1, [7, 7]);
  await world.advance(300);
  const before = states(ben).at(-1)!;
  await anna.ask("leave_room", { roomId: ROOM });
  await world.advance(2000);
  states(ben);
  await world.advance(200);
  const after = seenBy(new StateReader(), states(ben))!;
  expect(after.term).toBeGreaterThan(before.term);
  expect(after.tick).toBeGreaterThan(before.tick);
  expect(after.players).toMatchObject([{ id: "ben", x: 7, y: 7 }]);
});

/**
 * The owner stands still, as a dead one does, until another node has gone on for long.
 * @returns the terms of what came after it woke up, and the other's own
 */
async function ownerStandsStill(makeFeatures: typeof features): Promise<{ late: number[]; term: number }> {
  using world = harness({ features: makeFeatures });
  const [dying, other] = [world.node("node-2"), world.node("node-3")];
  const anna = world.connect("anna", { hub: dying });
  await anna.join(ROOM);
  const ben = world.connect("ben", { hub: other });
  await ben.join(ROOM);
  say(anna, 1);
  say(ben, 1, [7, 7]);
  await world.advance(1000);
  const reader = new StateReader();
  const before = seenBy(reader, states(ben))!;
  expect(before.term).toBe(1);
  world.freeze("node-2");
  await world.advance(3000);
  const after = seenBy(reader, states(ben))!;
  expect(after.term).toBeGreaterThan(1);
  expect(after.tick).toBeGreaterThan(before.tick - 60);
  expect(after.players.find(({ id }) => id === "ben")).toMatchObject({ x: 7, y: 7 });
  world.thaw("node-2");
  states(anna);
  await world.advance(1000);
  const late = [...states(anna), ...states(ben)].map(({ term }) => term);
  return { late: [...new Set(late)], term: after.term };
}

Deno.test("[F4c] the owner dies: within 3 s another node goes on, and it must notice before it says a word", async () => {
  const { late, term } = await ownerStandsStill(features);
  expect(late).toEqual([term]);
});

Deno.test("[F4c] without the fence two nodes tick, and the test sees it", async () => {
  const source = await changedSource([{
    file: "features/game/match.ts",
    from: "    if (term === undefined) return;\n",
    to: "",
  }, {
    file: "features/game/match.ts",
    from: "const { term } = this.#lease;",
    to: "const term = this.#lease.term ?? 1;",
  }]);
  const mutant: { games: typeof games } = await import(new URL("features/games.ts", source).href);
  const { late } = await ownerStandsStill(() => [mutant.games({ "game:dots": dots })]);
  expect(late).toContain(1);
  await Deno.remove(source, { recursive: true });
});

Deno.test("[F4a] what is no input is bad_request, whoever it comes from; the world stays as it is", async () => {
  using world = harness({ features: () => [games({ "game:*": arena }), chat()] });
  const anna = await world.member("anna", "game:tea");
  const bad = [
    { seq: 1, input: "up" },
    { seq: 1, input: [1, 2] },
    { seq: 1, input: [null, 0, 0] },
    { seq: 0, input: [0, 0, 0] },
    { seq: 1.5, input: [0, 0, 0] },
    { seq: 2 ** 60, input: [0, 0, 0] },
    { seq: 1, input: [0, 0, 0], earlier: [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]] },
    { seq: 1, input: [0, 0, 0], earlier: [{}] },
  ];
  for (const payload of bad) {
    const ack = await anna.ask("player_input", { roomId: "game:tea", ...payload });
    expect(ack).toMatchObject({ success: false, error: { code: "bad_request" } });
  }
  // who one is the server knows: what a client says of it is not even read
  await anna.ask("player_input", { roomId: "game:tea", seq: 1, input: [0, 0, 0], id: "ben", userId: "ben" });
  await world.advance(200);
  const seen = seenBy(new StateReader(), states(anna))!;
  expect(seen.players.map(({ id }) => id)).toEqual(["anna", "@tama", "@kuro"]);
  expect(world.errors).toEqual([]);
});

Deno.test("[F4] rules that cannot even begin, or be kept, harm nobody", async () => {
  let worlds = 0;
  const broken: GameRules = {
    ...dots,
    create(seed) {
      if (++worlds > 1) throw new Error("no second world");
      return Object.assign(dots.create(seed) as object, { score: 1n });
    },
  };
  using world = harness({ features: () => [games({ "game:dots": broken, "game:*": arena })] });
  const anna = await world.member("anna", ROOM);
  const ben = await world.member("ben", "game:tea");
  say(anna, 1);
  await world.advance(3000);
  // its owner is the owner still, though nothing of it can be written down
  expect(new Set(states(anna).map(({ term }) => term))).toEqual(new Set([1]));
  say(anna, 2, "throw");
  await world.advance(1000);
  expect(states(anna).length).toBeLessThan(10);
  expect(await anna.ask("ping", {})).toMatchObject({ success: true });
  expect(states(ben).length).toBeGreaterThan(200);
  expect(new Set(world.errors.map(({ event }) => event))).toEqual(new Set(["game_failed"]));
});

Deno.test("[F4a] who sends a hundred inputs a step, or numbers that are none, is no further than who sends one", async () => {
  using world = harness({ features: () => [games({ "game:*": paces })] });
  const [anna, cheat] = [await world.member("anna", "game:run"), await world.member("cheat", "game:run")];
  for (let step = 1; step <= 120; step++) {
    anna.send("player_input", { roomId: "game:run", seq: step, input: 1 });
    for (let n = 0; n < 25; n++) {
      const seq = 100 * step + 4 * n;
      cheat.send("player_input", { roomId: "game:run", seq, input: 1, earlier: [1, 1, 1] });
    }
    for (const seq of [-1, 0.5, "1", null, 1e300]) {
      cheat.send("player_input", { roomId: "game:run", seq, input: 1 }, `bad-${step}-${seq}`);
    }
    await world.advance(1000 / 60);
    if (cheat.closed) break;
  }
  // ten errors of one's own making end the conversation [L4]
  expect(cheat.closed?.code).toBe(1008);
  const honest = await world.member("ben", "game:run");
  const again = await world.member("cheat", "game:run");
  for (let step = 1; step <= 120; step++) {
    honest.send("player_input", { roomId: "game:run", seq: step, input: 1 });
    for (let n = 0; n < 25; n++) {
      const seq = 10_000 + 100 * step + 4 * n;
      again.send("player_input", { roomId: "game:run", seq, input: 1, earlier: [1, 1, 1] });
    }
    await world.advance(1000 / 60);
  }
  const seen = seenBy(new StateReader(), states(honest))!;
  const gone = (id: string) => seen.players.find((player) => player.id === id)!.x;
  expect(gone("ben")).toBeGreaterThan(100);
  // it was there a few steps longer, and no more
  expect(gone("cheat")).toBeLessThanOrEqual(gone("ben") + 10);
});

/** A game in which an input is a pace: who takes more of them is further. */
const paces: GameRules = {
  name: "paces/1",
  maxPlayers: 10,
  create: () => ({}),
  input: (sent) => (sent === 1 ? 1 : undefined),
  enter: (world, { id }) => void ((world as Record<string, number>)[id] ??= 0),
  leave: (world, id) => void delete (world as Record<string, number>)[id],
  step(world, inputs) {
    for (const id of inputs.keys()) (world as Record<string, number>)[id]!++;
  },
  view: (world) => ({
    players: Object.entries(world as Record<string, number>).map(([id, x]) => ({ id, x, y: 0, rotation: 0 })),
    scene: {},
  }),
};

Deno.test("[F4a] inputs need the room, the right to write in it, and a room of the game's kind", async () => {
  using world = harness({
    policy: { allows: ({ userId }, right) => userId !== "guest" || right === "read" },
  });
  const guest = await world.member("guest", ROOM);
  const anna = world.connect("anna");
  const play = (client: TestClient, roomId: string) =>
    client.ask("player_input", { roomId, seq: 1, input: [0, 0] });
  expect(await play(guest, ROOM)).toMatchObject({ error: { code: "forbidden" } });
  expect(await play(anna, ROOM)).toMatchObject({ error: { code: "not_joined" } });
  await anna.join("tea");
  expect(await play(anna, "tea")).toMatchObject({ error: { code: "bad_request" } });
});

Deno.test("[F4] a backplane that lies, doubles and loses changes nothing but what it may", async () => {
  using world = harness();
  const anna = await world.member("anna", ROOM);
  say(anna, 1);
  await world.advance(100);
  const notes = ["", "null", "{}", '{"kind":"input"}', '{"kind":"free"}', '{"kind":"joined"}', "[1]"];
  for (const json of notes) world.backplane.inject({ kind: "feature", roomId: ROOM, json });
  await world.advance(100);
  expect(seenBy(new StateReader(), states(anna))).toMatchObject({ players: [{ id: "anna" }] });
});

Deno.test("[F4] rules that throw end their own game and begin it anew, and harm nothing else", async () => {
  using world = harness();
  const anna = await world.member("anna", ROOM);
  const ben = await world.member("ben", "game:tea");
  const reader = new StateReader();
  say(anna, 1);
  await world.advance(500);
  seenBy(reader, states(anna));
  say(anna, 2, "throw");
  await world.advance(500);
  const anew = seenBy(reader, states(anna))!;
  expect(anew.players).toEqual([]);
  expect(anew.tick).toBeGreaterThan(50);
  expect(world.errors.map(({ event }) => event)).toEqual(["game_failed"]);
  say(anna, 3);
  await world.advance(500);
  expect(seenBy(reader, states(anna))?.players).toMatchObject([{ id: "anna" }]);
  expect(states(ben).length).toBeGreaterThan(50);
});
