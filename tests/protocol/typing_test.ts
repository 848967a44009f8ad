import { expect } from "@std/expect";
import { Harness } from "../harness/mod.ts";

const typing = (value: boolean) => ({ roomId: "tea", userId: "ben", userName: "BEN", typing: value });

async function room() {
  const relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  anna.news();
  return { relay, anna, ben };
}

Deno.test("[J4] typing is told to the others, not to oneself", async () => {
  const { relay, anna, ben } = await room();
  using _ = relay;
  const tab = await relay.member("ben", "tea");
  ben.send("typing_start", { roomId: "tea" });
  await relay.settle();
  ben.send("typing_end", { roomId: "tea" });
  await relay.settle();
  expect(anna.of("user_typing")).toEqual([typing(true), typing(false)]);
  expect([...ben.of("user_typing"), ...tab.of("user_typing")]).toEqual([]);
});

Deno.test("[J4] typing ends by itself after 5 s", async () => {
  const { relay, anna, ben } = await room();
  using _ = relay;
  ben.send("typing_start", { roomId: "tea" });
  await relay.advance(4999);
  expect(anna.of("user_typing")).toEqual([typing(true)]);
  await relay.advance(1);
  expect(anna.of("user_typing")).toEqual([typing(true), typing(false)]);
});

Deno.test("[J4] a repeated typing_start is told again and starts the 5 s anew", async () => {
  const { relay, anna, ben } = await room();
  using _ = relay;
  for (let n = 0; n < 3; n++) {
    ben.send("typing_start", { roomId: "tea" });
    await relay.advance(4000);
  }
  expect(anna.of("user_typing")).toEqual([typing(true), typing(true), typing(true)]);
  await relay.advance(1000);
  expect(anna.of("user_typing").at(-1)).toEqual(typing(false));
});

Deno.test("[J4] typing_end without typing tells nobody", async () => {
  const { relay, anna, ben } = await room();
  using _ = relay;
  expect((await ben.ask("typing_end", { roomId: "tea" })).success).toBe(true);
  expect(anna.news()).toEqual([]);
});

Deno.test("[J4] the sender's message ends its typing, and that is said after the message", async () => {
  const { relay, anna, ben } = await room();
  using _ = relay;
  ben.send("typing_start", { roomId: "tea" });
  await relay.settle();
  anna.news();
  await ben.ask("send_message", { roomId: "tea", content: "done" });
  expect(anna.news().map(({ type, payload }) => [type, (payload as { typing?: boolean }).typing])).toEqual([
    ["new_message", undefined],
    ["user_typing", false],
  ]);
  await relay.advance(10_000);
  expect(anna.news()).toEqual([]);
});

Deno.test("[J4] who goes while typing stops typing when they have left", async () => {
  const { relay, anna, ben } = await room();
  using _ = relay;
  ben.send("typing_start", { roomId: "tea" });
  await relay.settle();
  ben.cut();
  await relay.advance(10_000);
  expect(anna.of("user_typing")).toEqual([typing(true), typing(false)]);
});

Deno.test("[J4] typing in a room leaves no timer behind when the room ends", async () => {
  const { relay, anna, ben } = await room();
  ben.send("typing_start", { roomId: "tea" });
  await relay.settle();
  anna.cut();
  ben.cut();
  relay[Symbol.dispose]();
  await relay.settle();
  expect(relay.clock.timers).toBe(0);
});
