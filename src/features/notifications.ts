import * as z from "zod";
import { type Feature, type FeatureHost, featureRoute } from "../hub/feature.ts";
import { TokenBucket } from "../hub/rate_limit.ts";
import { RelayError } from "../protocol/errors.ts";
import { MessageId, UserId } from "../protocol/schemas.ts";
import { FeatureMessages, Saved } from "../protocol/server_schemas.ts";
import { whole } from "../protocol/whole.ts";
import { ErrorCode, USER_PREFIX } from "../protocol/wire.ts";

/** What can be chosen about notifications. */
export interface NotificationsOptions {
  /**
   * Lets users send notifications to themselves, one in a second and ten at once: for trying them out without a
   * server, as the bundled page does.
   */
  readonly demo?: boolean;
}

const TYPE = "notification";

const Text = z.string().trim().min(1);
/** Where a press leads: a path of the application's own, or a page; never a script. */
const Link = z.string().max(2048).regex(/^(?:https?:\/\/|\/(?!\/))\S+$/, "must be https://… or a path");

const Notification = z.object({
  type: Text.max(64).default("info"),
  title: Text.max(200),
  body: z.string().max(4000).default(""),
  url: Link.nullable().default(null),
});
type Notification = z.infer<typeof Notification>;

const Posted = Notification.extend({ userId: UserId, messageId: MessageId.optional() });
const Inbox = z.object({
  roomId: z.string(),
  epoch: z.string(),
  offset: z.int().min(0),
  upTo: z.int().min(0),
  unread: z.int().min(0),
  hasMore: z.boolean(),
  notifications: z.array(FeatureMessages.notification),
});
const InboxPage = z.object({
  before: whole(1, Number.MAX_SAFE_INTEGER).optional(),
  limit: whole(1, 100).default(50),
});

/**
 * Notifications: what the application's servers tell one user, in that user's own room `user:<id>`. They are stored
 * first and live on every device, whatever transport it came by; a device that was away gets them when it returns,
 * and without a position from the read mark on. How much is read is the room's read mark, so that the devices agree.
 * [F1]
 */
export function notifications({ demo = false }: NotificationsOptions = {}): Feature {
  let host: FeatureHost;
  const post = async (userId: string, notification: Notification, messageId: string | undefined) => {
    const { type, title, body, url } = notification;
    const saved = await host.publish({
      roomId: USER_PREFIX + userId,
      type: TYPE,
      body: { type, title, body, url },
      ...messageId !== undefined && { messageId },
    });
    return { status: saved.duplicate ? 200 : 201, body: saved };
  };
  const budgets = new Budgets();
  const ownRoutes = [
    featureRoute<z.infer<typeof Posted>>({
      method: "POST",
      path: "/api/users/:userId/notifications",
      about: "Tells a user something: stored, then live on all devices. [F1]",
      answers: { 200: Saved, 201: Saved },
      who: "server",
      schema: Posted,
      handle: ({ input: { userId, messageId, ...notification } }) => post(userId, notification, messageId),
    }),
    featureRoute<z.infer<typeof InboxPage>>({
      method: "GET",
      path: "/api/inbox",
      about: "What one was told, newest page first. [F1b]",
      answers: { 200: Inbox },
      who: "user",
      schema: InboxPage,
      async handle({ input, identity }) {
        const { userId } = identity!;
        const { messages, ...glance } = await host.glance(USER_PREFIX + userId, userId, input);
        const notifications = messages.filter(({ type }) => type === TYPE).map(({ payload }) => payload);
        return { body: { roomId: USER_PREFIX + userId, ...glance, notifications } };
      },
    }),
  ];
  const toOneself = featureRoute<Notification>({
    method: "POST",
    path: "/api/demo/notifications",
    about: "Tells oneself something, for trying it out.",
    answers: { 200: Saved, 201: Saved },
    who: "user",
    schema: Notification,
    handle({ input, identity }) {
      const { userId } = identity!;
      budgets.take(userId, host.clock.monotonic());
      return post(userId, input, undefined);
    },
  });
  return {
    name: "notifications",
    owns: (roomId) => roomId.startsWith(USER_PREFIX),
    handlers: {},
    sends: { [TYPE]: FeatureMessages.notification },
    fromReadMark: true,
    routes: demo ? [...ownRoutes, toOneself] : ownRoutes,
    start: (given) => void (host = given),
  };
}

/** How many users' budgets are kept: of the others a new one begins. */
const MAX_BUDGETS = 10_000;

/** What each user may send to themselves. */
class Budgets {
  readonly #buckets = new Map<string, TokenBucket>();

  /** @throws {RelayError} `rate_limited` */
  take(userId: string, nowMs: number): void {
    const bucket = this.#buckets.get(userId) ?? new TokenBucket(1, 10, nowMs);
    this.#buckets.delete(userId);
    this.#buckets.set(userId, bucket);
    if (this.#buckets.size > MAX_BUDGETS) this.#buckets.delete(this.#buckets.keys().next().value!);
    const retryAfterMs = bucket.take(nowMs);
    if (retryAfterMs === 0) return;
    throw new RelayError(ErrorCode.rateLimited, "Cannot notify: too many at once", { retryAfterMs });
  }
}
