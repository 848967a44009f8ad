import { expect } from "@std/expect";
import { RawClient } from "../e2e/raw_client.ts";
import { check } from "../simulation/checker.ts";
import type { ClientEvent, RunEvent } from "../simulation/events.ts";
import { until } from "./until.ts";
import type { WireClient } from "./wire_client.ts";

/**
 * Waits until everything is answered and everybody has all of its rooms, then holds what they saw against what the
 * store says: nothing may be wrong in it. Returns how many messages are stored, and what everybody saw.
 */
export async function judge(
  ws: string,
  clients: readonly WireClient[],
): Promise<{ stored: number; seen: readonly ClientEvent[] }> {
  await until("everything is answered", () => clients.every(({ unanswered }) => unanswered === 0));
  const truth = await truthOf(ws, new Set(clients.flatMap(({ rooms }) => rooms)));
  const tops = new Map(
    truth.flatMap((event) => event.ev === "top" ? [[event.room, event.offset] as const] : []),
  );
  await until(
    "all have everything",
    () => clients.every((one) => one.rooms.every((room) => one.position(room) === tops.get(room))),
  );
  const seen = clients.flatMap(({ events }) => events);
  const wants = clients.flatMap(({ name, rooms }) =>
    rooms.map((room): RunEvent => ({ ev: "want", client: name, room }))
  );
  expect(check([...seen, ...truth, ...wants]).slice(0, 5)).toEqual([]);
  // the checker is not blind: with a message taken out of the history it must complain
  const robbed = truth.filter((event) => !(event.ev === "log" && event.offset === 7));
  expect(check([...seen, ...robbed, ...wants]).length).toBeGreaterThan(0);
  return { stored: [...tops.values()].reduce((sum, top) => sum + top, 0), seen };
}

/** What the store says, through the relay's own history. */
async function truthOf(ws: string, rooms: Iterable<string>): Promise<RunEvent[]> {
  const reader = await RawClient.open(`${ws}?name=reader`);
  const events: RunEvent[] = [];
  for (const room of rooms) {
    let before: number | undefined;
    let top: RunEvent | undefined;
    do {
      const page = await reader.ask("get_history", { roomId: room, limit: 100, ...before && { before } });
      const { epoch, offset } = page;
      top ??= { ev: "top", room, epoch, offset };
      for (const { payload } of page.messages) {
        const { id, userId: user, messageId, content: body } = payload;
        events.push({ ev: "log", room, epoch, offset: payload.offset, id, user, messageId, body });
      }
      before = page.hasMore ? page.messages[0].payload.offset : undefined;
    } while (before !== undefined);
    events.push(top);
  }
  await reader.close();
  return events;
}
