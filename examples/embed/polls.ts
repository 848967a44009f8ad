import * as z from "zod";
import { type Feature, featureHandler, type Stored } from "../../src/mod.ts";

/** What a client says: `vote {roomId, option}`. */
const Vote = z.object({ roomId: z.string(), option: z.string().trim().min(1).max(40) });
type Vote = z.infer<typeof Vote>;

/** What everybody in the room hears: once, in order, and again from any position after a cut. */
export interface Voted extends Stored {
  readonly option: string;
}

/**
 * A feature of the application's own: rooms that begin with `poll:` are polls. The relay checks the schema, the
 * right to write and the rate, stores the vote, acknowledges it and delivers it; a vote that is sent again under its
 * `messageId` counts once.
 */
export function polls(): Feature {
  return {
    name: "poll",
    owns: (roomId) => roomId.startsWith("poll:"),
    // for /asyncapi.json: what clients say is described by the schema that checks it
    sends: { voted: z.looseObject({ option: z.string() }).describe("Somebody voted.") },
    handlers: {
      vote: featureHandler<Vote>({
        schema: Vote,
        right: "write",
        joined: true,
        handle({ payload: { option }, publish }) {
          publish("voted", { option });
        },
      }),
    },
  };
}
