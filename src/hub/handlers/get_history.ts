import { RelayError } from "../../protocol/errors.ts";
import { GetHistory } from "../../protocol/schemas.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import { handler } from "../handler.ts";
import type { Entry } from "../ports.ts";
import { sealEntry } from "../seal.ts";

/** [J1] Its answer is its ack, so it needs a `messageId`. */
export const getHistory = handler<GetHistory>({
  schema: GetHistory,
  async handle({ hub, session, payload: { roomId, before, limit }, messageId }) {
    if (messageId === undefined) {
      throw new RelayError(
        ErrorCode.badRequest,
        "Cannot get history: the answer is an ack, give it a messageId",
      );
    }
    await hub.allow(session.identity, "read", roomId, "read");
    const page = await hub.store.read(roomId, { before: before ?? Number.MAX_SAFE_INTEGER, limit });
    const entries = newest(page.entries, hub.limits.replyBytes / 2);
    const first = entries[0]?.offset ?? page.oldest;
    return {
      roomId,
      epoch: page.epoch,
      offset: page.offset,
      hasMore: entries.length > 0 && first > page.oldest,
      messages: entries.map((entry) => sealEntry(entry, page.epoch).value),
    };
  },
});

/** The last of these entries that fit, at least one: a page must not be more than a reply may be. [R4] */
function newest(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  let bytes = 0;
  const first = entries.findLastIndex((entry) => (bytes += entry.body.length) > maxBytes);
  return entries.slice(Math.min(first + 1, entries.length - 1));
}
