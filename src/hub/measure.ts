import type { Cancel, Metrics } from "./ports.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";

/** What is cheaper to look at when somebody asks than to keep count of. */
export interface Measured {
  sessions(): Iterable<Session>;
  rooms(): Iterable<Room>;
  /** envelopes that wait for the ones of their client before them */
  waiting(): number;
  slowReaders(): number;
  /** messages on their way into the store */
  committing(): number;
}

/** Publishes how much a hub holds, each time the metrics are read. */
export function measure(metrics: Metrics, measured: Measured): Cancel {
  const sessions = metrics.gauge("sessions");
  const rooms = metrics.gauge("rooms_active");
  const live = metrics.gauge("members", { pace: "live" });
  const behind = metrics.gauge("members", { pace: "behind" });
  const reply = metrics.gauge("queue_bytes", { queue: "reply" });
  const keyed = metrics.gauge("queue_bytes", { queue: "keyed" });
  const unsent = metrics.gauge("queue_bytes", { queue: "unsent" });
  const waiting = metrics.gauge("queue_envelopes", { queue: "inbound" });
  const committing = metrics.gauge("queue_envelopes", { queue: "store" });
  const slowReaders = metrics.gauge("slow_readers");

  return metrics.onScrape(() => {
    const sums = { sessions: 0, rooms: 0, live: 0, behind: 0, reply: 0, keyed: 0, unsent: 0 };
    for (const { outbox } of measured.sessions()) {
      sums.sessions++;
      sums.reply += outbox.replyLength;
      sums.keyed += outbox.keyedLength;
      sums.unsent += outbox.unsentBytes;
    }
    for (const room of measured.rooms()) {
      sums.rooms++;
      sums.live += room.fanout.liveCount;
      sums.behind += room.fanout.behindCount;
    }
    sessions.set(sums.sessions);
    rooms.set(sums.rooms);
    live.set(sums.live);
    behind.set(sums.behind);
    reply.set(sums.reply);
    keyed.set(sums.keyed);
    unsent.set(sums.unsent);
    waiting.set(measured.waiting());
    committing.set(measured.committing());
    slowReaders.set(measured.slowReaders());
  });
}
