import { type Ending, lossOf } from "../hub/closing.ts";
import type { EndedSession, Observer } from "../hub/observer.ts";
import type { Clock, Ids, Logger, Metrics, Table } from "../hub/ports.ts";
import { rateLimited } from "../hub/rate_limited.ts";
import { sealEntry } from "../hub/seal.ts";
import { within } from "../hub/within.ts";
import type { User } from "../protocol/messages.ts";
import { Attendance } from "./attendance.ts";
import type { CourierLimits } from "./courier.ts";
import { type WebhookData, WebhookEvent } from "./events.ts";
import { Outgoing } from "./outgoing.ts";
import { httpPost } from "./post.ts";
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

/**
 * Posts events to the application's own address, signed by the rules of Standard Webhooks. Each is told by one node:
 * a message and an end of a connection by the node where it happened, who is in a room by agreement through the store.
 * At most ten times each, never after the end of the process. [S3]
 * @throws {TypeError | RangeError} when the address or a secret is none
 */
export function webhooks(options: WebhookOptions, { table, clock, ids, metrics, logger }: World): Webhooks {
  const { url, secrets, events = Object.values(WebhookEvent), timeoutMs, limits } = options;
  const post = httpPost({
    url: webhookUrl(url),
    secrets: secrets.map(secretBytes),
    clock,
    ...timeoutMs !== undefined && { timeoutMs },
  });
  const outgoing = new Outgoing({ post, clock, ids, metrics, logger, limits });
  const noise = rateLimited(logger, clock);
  const wants = (event: WebhookEvent) => events.includes(event);
  const { messageSaved, userJoined, userLeft, connectionClosed } = WebhookEvent;
  const presence =
    (event: typeof userJoined | typeof userLeft) => (roomId: string, user: User, atMs: number) => {
      const { userId, userName } = user;
      if (wants(event)) outgoing.tell(event, { roomId, userId, userName }, atMs);
    };
  const attendance = wants(userJoined) || wants(userLeft)
    ? new Attendance({
      table,
      clock,
      // not the node's name, which may be the same in its next life
      nodeId: ids.next(),
      joined: presence(userJoined),
      left: presence(userLeft),
      lost: (error) => noise.error("webhook_attendance", error),
    })
    : undefined;
  return {
    observer: {
      ...wants(messageSaved) && {
        messageSaved: ({ entry, epoch }) =>
          outgoing.tellJson(messageSaved, sealEntry(entry, epoch).json, entry.timestampMs, entry.id),
      },
      ...attendance && {
        userHere: (roomId, user) => attendance.here(roomId, user),
        userGone: (roomId, user) => attendance.gone(roomId, user),
      },
      ...wants(connectionClosed) && {
        sessionEnded: (session, ending) => outgoing.tell(connectionClosed, closingOf(session, ending)),
      },
    },
    async drain(withinMs) {
      const endMs = clock.monotonic() + withinMs;
      if (attendance) await within(clock, withinMs / 2, attendance.stop());
      await outgoing.drain(Math.max(0, endMs - clock.monotonic()));
    },
    close() {
      outgoing.close();
      void attendance?.stop();
    },
  };
}

function closingOf(
  { id, identity: { userId, userName }, transport }: EndedSession,
  { code, reason, ageMs }: Ending,
): WebhookData<"connection.closed"> {
  const lost = lossOf(code);
  return {
    connectionId: id,
    userId,
    userName,
    transport,
    code,
    reason,
    ...lost !== undefined && { lost },
    ageMs: Math.round(ageMs),
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
