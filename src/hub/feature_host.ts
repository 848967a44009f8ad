import type { FeatureHost, FeatureMessage } from "./feature.ts";
import { glance } from "./glance.ts";
import type { Hub } from "./hub.ts";
import type { Identity, Logger } from "./ports.ts";
import { roomItem } from "./room_item.ts";

/** The application's own identity. No token can carry it: user ids start with a letter or digit. [E5] */
export const APPLICATION: Identity = { userId: "@server", userName: "server" };

export interface FeatureHostOptions {
  readonly nodeId: string;
  readonly logger: Logger;
  readonly vitals: FeatureHost["vitals"];
}

/** The hub as its features see it. */
export function featureHost(hub: Hub, { nodeId, logger, vitals }: FeatureHostOptions): FeatureHost {
  return {
    nodeId,
    logger,
    vitals,
    clock: hub.clock,
    ids: hub.ids,
    store: hub.store,
    room: (roomId) => hub.activeRoom(roomId),
    publish: ({ identity = APPLICATION, messageId, ...message }: FeatureMessage) =>
      hub.publish({ ...message, identity, messageId }),
    broadcast(roomId, type, payload, options = {}) {
      const item = roomItem(roomId, type, payload, options, hub.clock.now());
      if (options.here) hub.activeRoom(roomId)?.send(item);
      else hub.broadcast(roomId, item);
    },
    glance: (roomId, userId, page) => glance(hub, roomId, userId, page),
  };
}
