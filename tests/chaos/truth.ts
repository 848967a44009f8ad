import { RawClient } from "../e2e/raw_client.ts";
import type { RunEvent } from "../simulation/events.ts";

/** What the store says in the end, through the relay's own history. */
export async function truthOf(ws: string, rooms: readonly string[]): Promise<RunEvent[]> {
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
