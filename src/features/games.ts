import { type Feature, featureHandler, type FeatureRoom } from "../hub/feature.ts";
import { fits } from "../protocol/pattern.ts";
import { PlayerInput } from "../protocol/schemas.ts";
import { FeatureMessages } from "../protocol/server_schemas.ts";
import { ClientType } from "../protocol/wire.ts";
import { Match } from "./game/match.ts";
import type { GameRules } from "./game/rules.ts";

/** Games by room id, or by the beginning of one and a `*`: the first that fits. */
export type Games = Readonly<Record<string, GameRules>>;

/**
 * Rooms in which a game is played: the server runs the world, 60 steps a second, on the one node that owns the room.
 *
 *     relay({ store, features: [games({ "game:*": arena }), chat()] });
 *
 * A room that nobody is in costs nothing: there is no loop and no lease.
 */
export function games(byRoom: Games): Feature {
  // every message asks whose room it is for
  const patterns = Object.entries(byRoom);
  const rulesOf = (roomId: string) => patterns.find(([pattern]) => fits(pattern, roomId))?.[1];
  const matches = new WeakMap<FeatureRoom, Match>();
  return {
    name: "game",
    owns: (roomId) => rulesOf(roomId) !== undefined,
    handlers: {
      [ClientType.playerInput]: featureHandler<PlayerInput>({
        schema: PlayerInput,
        right: "write",
        joined: true,
        ephemeral: true,
        handle({ payload: { seq, input, earlier, window }, identity, room }) {
          if (room) matchIn(room).input(identity, { seq, window, inputs: [input, ...earlier] });
          return {};
        },
      }),
    },
    sends: { game_state: FeatureMessages.game_state },
    joined: (room) => matchIn(room).joined(),
    told: (room, note) => matches.get(room)?.told(note),
    left: (room, { userId }) => matches.get(room)?.left(userId),
    closed(room) {
      matches.get(room)?.close();
      matches.delete(room);
    },
  };

  function matchIn(room: FeatureRoom): Match {
    let match = matches.get(room);
    if (!match) matches.set(room, match = new Match(room, rulesOf(room.id)!));
    return match;
  }
}
