import type { History } from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import { onAbort } from "../deferred.ts";
import { RelayError } from "../errors.ts";
import type { Downlink, Join, Joined, Uplink } from "./http.ts";

/** How long a poll rests before it asks again, and how long one that waits is held by the server. */
const REST_MS = 5000;
const WAIT_MS = 25_000;

/** Rooms by asking again and again. Only what is stored is heard: nobody's coming, typing or reading. [T2] */
export const poll = (uplink: Uplink): Downlink => polling(uplink, "");

/** The same by requests that are answered when there is news. [T3] */
export const longPoll = (uplink: Uplink): Downlink => polling(uplink, "/wait");

function polling(uplink: Uplink, wait: "" | "/wait"): Downlink {
  const { clock, hear } = uplink;
  const rooms = new Map<string, AbortController>();

  function leave(roomId: string) {
    rooms.get(roomId)?.abort();
    rooms.delete(roomId);
  }

  async function follow(join: Join, joined: Joined | undefined, signal: AbortSignal) {
    const { roomId, history } = join;
    let at: Position | undefined = join.since;
    let way = "";
    while (!signal.aborted) {
      try {
        const query = at ? `${way}?since=${at.epoch}.${at.offset}&limit=100` : `?limit=${history || 1}`;
        // deno-lint-ignore no-await-in-loop -- each page begins where the one before it ended
        const page: History & { recovered?: boolean } = await uplink.request(
          `rooms/${encodeURIComponent(roomId)}/messages${query}`,
          { signal, withinMs: WAIT_MS + REST_MS },
        );
        const { epoch, offset, hasMore, recovered } = page;
        const messages = at || history ? page.messages : [];
        const place = { roomId, epoch, offset };
        if (joined) {
          const from = offset - messages.length;
          joined({ ...place, from, recovered: recovered!, users: [], count: 0, read: [], unread: 0 });
          joined = undefined;
        } else if (recovered === false) {
          const reason = epoch === at?.epoch ? "trimmed" : "epoch";
          hear({ type: "reset", payload: { ...place, reason } });
        }
        at = place;
        for (const message of messages) hear(message, join);
        way = wait;
        // deno-lint-ignore no-await-in-loop -- a pause
        if (!wait && !hasMore) await rest(REST_MS, signal);
      } catch (error) {
        if (!(error instanceof RelayError)) return;
        const { retryable, retryAfterMs } = error;
        if (joined) return joined(error);
        if (!retryable && !retryAfterMs) return uplink.lose(join, at!);
        // where no more requests may wait one asks without waiting
        way = "";
        // deno-lint-ignore no-await-in-loop -- a pause
        await rest(retryAfterMs ?? REST_MS, signal);
      }
    }
  }

  function rest(ms: number, signal: AbortSignal) {
    return new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        unhook();
        resolve();
      };
      const cancel = clock.after(signal.aborted ? 0 : ms, done);
      const unhook = onAbort(signal, done);
    });
  }

  return {
    join(join, joined) {
      leave(join.roomId);
      const stop = new AbortController();
      rooms.set(join.roomId, stop);
      void follow(join, joined, stop.signal);
    },
    leave,
    // each request has a limit of its own
    alive: () => true,
    renewed() {},
    end: () => [...rooms.keys()].forEach(leave),
  };
}
