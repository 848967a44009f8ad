import { expect } from "@std/expect";
import type { Body } from "../../../src/features/game/arena.ts";
import { STEP_MS } from "../../../src/features/game/rules.ts";
import type { GameKeyState, GamePlayer } from "../../../src/protocol/messages.ts";
import { Controls } from "../../../static/game/model/controls.ts";
import { counted } from "../../../static/game/model/counted.ts";
import { Past } from "../../../static/game/model/past.ts";
import { Prediction } from "../../../static/game/model/prediction.ts";
import { roomOf } from "../../../static/game/model/room_of.ts";

function player(id: string, more: object = {}): GamePlayer {
  const at = { x: 0, y: 0, rotation: 0, vx: 0, vy: 0, thrust: 0, cool: 0, away: 0 };
  return { id, ...at, lastSeq: 0, ...more } as GamePlayer;
}

function state(tick: number, players: GamePlayer[], term = 1): GameKeyState {
  return { roomId: "game:tea", term, tick, players, fields: [], scene: {}, jitterMs: 0 };
}

Deno.test("[M25] one's own move is seen before the server has spoken", () => {
  const prediction = new Prediction();
  prediction.correct("anna", [player("anna")]);
  for (let n = 0; n < 10; n++) prediction.step("anna", [100, 0, 0]);
  expect(prediction.own("anna", 1)!.x).toBeGreaterThan(100);
  expect(prediction.own("anna", 1)!.y).toBe(0);
});

Deno.test("[M25] a server that agrees changes nothing of what is seen", () => {
  const [ahead, server] = [new Prediction(), new Prediction()];
  for (const one of [ahead, server]) one.correct("anna", [player("anna")]);
  for (let n = 0; n < 6; n++) server.step("anna", [100, 50, 0]);
  for (let n = 0; n < 12; n++) ahead.step("anna", [100, 50, 0]);
  const before = ahead.own("anna", 1)!;
  const { id, ...told } = server.own("anna", 1) as Body;
  ahead.correct("anna", [player(id, { ...told, lastSeq: 6 })]);
  const after = ahead.own("anna", 1)!;
  expect(Math.hypot(after.x - before.x, after.y - before.y)).toBeLessThan(0.001);
});

Deno.test("[M25] a server that does not agree is right in the end, without a jump", () => {
  const prediction = new Prediction();
  prediction.correct("anna", [player("anna")]);
  prediction.step("anna", [100, 0, 0]);
  const before = prediction.own("anna", 1)!;
  prediction.correct("anna", [player("anna", { x: 400, lastSeq: 1 })]);
  expect(Math.abs(prediction.own("anna", 1)!.x - before.x)).toBeLessThan(1);
  for (let n = 0; n < 40; n++) prediction.step("anna", [0, 0, 0]);
  prediction.correct("anna", [player("anna", { x: 400, lastSeq: 41 })]);
  expect(prediction.own("anna", 1)!.x).toBeCloseTo(400, 0);
  // who was put elsewhere is there at once
  prediction.correct("anna", [player("anna", { x: -4000, lastSeq: 41 })]);
  expect(prediction.own("anna", 1)!.x).toBe(-4000);
});

Deno.test("[F4a] inputs go out with the three before them, numbered on from what the server knows", () => {
  const prediction = new Prediction();
  expect(prediction.message).toBeUndefined();
  prediction.correct("anna", [player("anna", { lastSeq: 500 })]);
  for (let n = 1; n <= 5; n++) prediction.step("anna", [n, 0, 0]);
  expect(prediction.message).toEqual({
    seq: 505,
    input: [5, 0, 0],
    earlier: [[4, 0, 0], [3, 0, 0], [2, 0, 0]],
  });
});

Deno.test("[M25] the others are shown between two states, a moment late", () => {
  const past = new Past();
  for (let tick = 0; tick <= 20; tick++) {
    past.add(state(tick, [player("ben", { x: tick * 60 })]), tick * STEP_MS);
  }
  const seen = Array.from({ length: 5 }, (_, n) => past.at(20 * STEP_MS + n * 4)[0]!.x);
  expect(seen[0]).toBeCloseTo(20 * 60 - 180, 5);
  expect(seen.every((x, at) => at === 0 || x > seen[at - 1]!)).toBe(true);
});

Deno.test("[M25] a late state bends nothing; who was put elsewhere does not fly there; a turn goes the short way", () => {
  const past = new Past();
  for (let tick = 0; tick <= 20; tick++) {
    const lateMs = tick === 10 ? 30 : 0;
    past.add(state(tick, [player("ben", { x: tick * 60 })]), tick * STEP_MS + lateMs);
  }
  expect(past.at(20 * STEP_MS)[0]!.x).toBeCloseTo(17 * 60, 0);
  past.reset();
  past.add(state(1, [player("ben", { rotation: 170 })]), 0);
  past.add(state(2, [player("ben", { x: 9000, rotation: -170 })]), STEP_MS);
  expect(past.at(50 + STEP_MS / 2)[0]!.x).toBe(9000);
  past.reset();
  past.add(state(1, [player("ben", { rotation: 170 })]), 0);
  past.add(state(2, [player("ben", { rotation: -170 })]), STEP_MS);
  expect(Math.abs(past.at(50 + STEP_MS / 2)[0]!.rotation)).toBeCloseTo(180, 5);
});

Deno.test("[F4c] when the game has moved its time counts anew", () => {
  const past = new Past();
  past.add(state(1000, [player("ben")]), 0);
  past.add(state(970, [player("ben", { x: 50 })], 2), 2000);
  past.add(state(971, [player("ben", { x: 60 })], 2), 2000 + STEP_MS);
  expect(past.at(2050 + STEP_MS / 2)[0]!.x).toBeCloseTo(55, 0);
});

Deno.test("[M25] keys, stick and button are one input; a press shorter than a step counts", () => {
  const controls = new Controls();
  expect(controls.down("KeyQ")).toBe(false);
  expect([controls.down("KeyD"), controls.down("ArrowDown")]).toEqual([true, true]);
  expect(controls.take()).toEqual([71, 71, 0]);
  controls.up("ArrowDown");
  expect(controls.take()).toEqual([100, 0, 0]);
  controls.down("Space");
  controls.up("Space");
  expect([controls.take()[2], controls.take()[2]]).toEqual([1, 0]);
  controls.release();
  controls.stick = { x: -0.5, y: 0 };
  controls.button = true;
  expect(controls.take()).toEqual([-50, 0, 1]);
});

Deno.test("bytes are counted both ways", () => {
  const traffic = { down: 0, up: 0 };
  const codec = counted(
    {
      subprotocol: "test",
      encode: () => "12345",
      decode: () => [],
    },
    traffic,
  );
  codec.encode({ type: "ping", payload: {} });
  codec.decode("123");
  codec.decode(new ArrayBuffer(4));
  expect(traffic).toEqual({ down: 7, up: 5 });
});

Deno.test("the room of an address is a game's, whatever the address says", () => {
  expect(["", "?room=tea", "?room=a%20b", "?room="].map(roomOf))
    .toEqual(["game:oshi", "game:tea", "game:oshi", "game:oshi"]);
});
