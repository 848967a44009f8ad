import { lossOf } from "../hub/closing.ts";
import { isoTime } from "../hub/iso_time.ts";
import type { Observer } from "../hub/observer.ts";
import type { Clock, Counter, Ids, Logger, Metrics, Table } from "../hub/ports.ts";
import { rateLimited } from "../hub/rate_limited.ts";
import { sealEntry } from "../hub/seal.ts";
import { Attendance } from "./attendance.ts";
import { Courier, type CourierLimits } from "./courier.ts";
import { type WebhookData, WebhookEvent } from "./events.ts";
import { httpPost, type Letter } from "./post.ts";
import { secretBytes } from "./signature.ts";

/** Where the application is told what happened, and of what. */
export interface WebhookOptions {
  /** an `http(s)` address of the application's own */
  readonly url: string;
  /** what posts are signed with, `whsec_…` or base64 of 24 to 64 bytes: one, or two while they are rotated */
  readonly secrets: readonly string[];
  /** all of them, by default */
  readonly events?: readonly WebhookEvent[];
  /** how long the receiver may take, in ms: 10,000 */
  readonly timeoutMs?: number;
  /** what differs from 10,000 letters, 16 Mi characters, 16 posts at a time and ten tries each */
  readonly limits?: Partial<CourierLimits>;
}

interface World {
  readonly table: Table;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Tells the application what happens on one node. */
export interface Webhooks {
  readonly observer: Observer;
  /** Takes nothing new, and gives what waits one more try. Resolves when it is out, at the latest after `withinMs`. */
  drain(withinMs: number): Promise<void>;
  /** Ends it at once: what waits is dropped. */
  close(): void;
}

/** One event on its way. */
interface EventLetter extends Letter {
  readonly event: WebhookEvent;
}

/**
 * Posts events to the application's own address, signed by the rules of Standard Webhooks. Each is told by one node:
 * a message and an end of a connection by the node where it happened, who is in a room by agreement through the store.
 * At most ten times each, never after the end of the process. [S3]
 * @throws {TypeError | RangeError} when the address or a secret is none
 */
export function webhooks(options: WebhookOptions, { table, clock, ids, metrics, ...world }: World): Webhooks {
  const { url, secrets, events = Object.values(WebhookEvent), timeoutMs, limits } = options;
  const logger = rateLimited(world.logger, clock);
  const counters = new Map<string, Counter>();
  const count = (event: WebhookEvent, outcome: string) => {
    const key = `${event} ${outcome}`;
    let counter = counters.get(key);
    if (!counter) counters.set(key, counter = metrics.counter("webhooks_total", { event, outcome }));
    counter.add(1);
  };
  let undelivered = 0;
  const took = metrics.histogram("webhook_duration_seconds");
  const courier = new Courier<EventLetter>({
    clock,
    post: httpPost({
      url: webhookUrl(url),
      secrets: secrets.map(secretBytes),
      clock,
      ...timeoutMs !== undefined && { timeoutMs },
    }),
    random: () => ids.random(),
    tried: (ms) => took.observe(ms / 1000),
    refused({ id, event }, outcome, attempt) {
      const reason = outcome.kind === "refused" ? outcome.reason : "it wants no more of it";
      logger.warn("webhook_refused", { id, webhook: event, attempt, reason });
    },
    done({ id, event }, outcome) {
      count(event, outcome);
      if (outcome !== "delivered") undelivered++;
      if (outcome !== "delivered") logger.warn("webhook_lost", { id, webhook: event, outcome });
    },
    ...limits && { limits },
  });
  const unwatch = metrics.onScrape(() => metrics.gauge("webhooks_waiting").set(courier.size));
  const post = (event: WebhookEvent, atMs: number, data: string, id = ids.next()) =>
    courier.send({ id, event, body: `{"type":"${event}","timestamp":"${isoTime(atMs)}","data":${data}}` });
  const tell = <E extends WebhookEvent>(event: E, data: WebhookData<E>, atMs = clock.now()) =>
    post(event, atMs, JSON.stringify(data));

  const wants = (event: WebhookEvent) => events.includes(event);
  const { messageSaved, userJoined, userLeft, connectionClosed } = WebhookEvent;
  const attendance = wants(userJoined) || wants(userLeft)
    ? new Attendance({
      table,
      clock,
      // not the node's name, which may be the same in its next life
      nodeId: ids.next(),
      joined: (roomId, { userId, userName }, atMs) => {
        if (wants(userJoined)) tell(userJoined, { roomId, userId, userName }, atMs);
      },
      left: (roomId, { userId, userName }, atMs) => {
        if (wants(userLeft)) tell(userLeft, { roomId, userId, userName }, atMs);
      },
      lost: (error) => logger.error("webhook_attendance", error),
    })
    : undefined;
  return {
    observer: {
      ...wants(messageSaved) && {
        messageSaved: ({ entry, epoch }) =>
          post(messageSaved, entry.timestampMs, sealEntry(entry, epoch).json, entry.id),
      },
      ...attendance && {
        userHere: (roomId, user) => attendance.here(roomId, user),
        userGone: (roomId, user) => attendance.gone(roomId, user),
      },
      ...wants(connectionClosed) && {
        sessionEnded: ({ id, identity: { userId, userName }, transport }, { code, reason, ageMs }) => {
          const lost = lossOf(code);
          tell(connectionClosed, {
            connectionId: id,
            userId,
            userName,
            transport,
            code,
            reason,
            ...lost !== undefined && { lost },
            ageMs: Math.round(ageMs),
          });
        },
      },
    },
    async drain(withinMs) {
      const endMs = clock.monotonic() + withinMs;
      await within(clock, withinMs / 2, attendance?.stop());
      const before = undelivered;
      await courier.drain(Math.max(0, endMs - clock.monotonic()));
      // the lines of each may be too many to be written
      if (undelivered > before) world.logger.warn("webhooks_undelivered", { count: undelivered - before });
    },
    close() {
      unwatch();
      courier.close();
      void attendance?.stop();
    },
  };
}

/**
 * The address events may be posted to.
 * @throws {TypeError} when it is none, or holds a user or password, which belong into no address
 */
export function webhookUrl(text: string): string {
  const url = URL.parse(text);
  const fits = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (fits) return url.href;
  throw new TypeError("must be an address like https://app.example/hooks/denbun, without user and password");
}

async function within(clock: Clock, ms: number, done: Promise<void> = Promise.resolve()): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => cancel = clock.after(ms, resolve));
  await Promise.race([late, done]);
  cancel();
}
