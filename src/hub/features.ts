import { Sealed } from "../protocol/sealed.ts";
import type { Feature } from "./feature.ts";
import { isoTime } from "./iso_time.ts";
import type { Clock, Logger } from "./ports.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";

/** The features of a hub, and what is said to them. What one does with it must not harm anything else. */
export class Features {
  readonly #features: readonly Feature[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hasReadOnly: boolean;

  constructor(features: readonly Feature[], { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#features = features;
    this.#clock = clock;
    this.#logger = logger;
    this.#hasReadOnly = features.some(({ readOnly }) => readOnly);
  }

  /** The feature a room belongs to. [E5] */
  of(roomId: string): Feature | undefined {
    return this.#features.find((feature) => feature.owns(roomId));
  }

  /** Whether the feature that owns a room keeps everybody but the application from writing to it. */
  isReadOnly(roomId: string): boolean {
    return this.#hasReadOnly && (this.of(roomId)?.readOnly ?? false);
  }

  /** Lets a room's feature greet a session that came in. */
  greet(room: Room, session: Session): void {
    const feature = this.of(room.id);
    if (!feature?.joined) return;
    this.#safely(feature, room, () =>
      feature.joined!(room, {
        identity: session.identity,
        send: (type, payload) => {
          if (session.isOpen) {
            session.reply(Sealed.of({ type, payload, timestamp: isoTime(this.#clock.now()) }));
          }
        },
      }));
  }

  /** Tells a room's feature what it said of the room on another node. */
  tell(room: Room, json: string): void {
    const feature = this.of(room.id);
    if (feature?.told) this.#safely(feature, room, () => feature.told!(room, JSON.parse(json)));
  }

  #safely({ name }: Feature, { id: roomId }: Room, use: () => void): void {
    try {
      use();
    } catch (error) {
      this.#logger.error("feature_failed", error, { feature: name, roomId });
    }
  }
}
