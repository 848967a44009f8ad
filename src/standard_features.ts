import { chat } from "./features/chat.ts";
import { dashboard } from "./features/dashboard.ts";
import { demoFeed } from "./features/demo_feed.ts";
import { documents } from "./features/documents.ts";
import { arena } from "./features/game/arena.ts";
import { games } from "./features/games.ts";
import { notifications } from "./features/notifications.ts";
import type { Feature } from "./hub/feature.ts";

/** What differs between a relay of one's own and the one that shows what it can do. */
export interface StandardFeaturesOptions {
  /** adds what the bundled pages need to be tried out by anybody */
  readonly demo?: boolean;
}

/** The features of a relay that is not told which to have. The first that owns a room is the one for it. [E5] */
export function standardFeatures({ demo = false }: StandardFeaturesOptions = {}): readonly Feature[] {
  // the chat owns what nobody else does
  return [
    notifications({ demo }),
    dashboard(),
    documents(),
    games({ "game:*": arena }),
    ...demo ? [demoFeed()] : [],
    chat(),
  ];
}
