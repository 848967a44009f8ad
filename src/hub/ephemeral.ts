import { Sealed } from "../protocol/sealed.ts";
import type { Item } from "./batch.ts";
import type { News } from "./news.ts";

type EphemeralNews = Extract<News, { kind: "ephemeral" }>;

/** An item that is not stored, as the other nodes are told of it: sealed once, here. */
export function ephemeralNews(roomId: string, { sealed, lane, from, except }: Item): EphemeralNews {
  const key = lane.kind === "keyed" ? lane.key : undefined;
  return {
    kind: "ephemeral",
    roomId,
    json: sealed.json,
    ...key === undefined ? {} : { key },
    ...from === undefined ? {} : { from },
    ...except === undefined ? {} : { except },
  };
}

/** The item another node told of. */
export function ephemeralItem({ json, key, from, except }: EphemeralNews): Item {
  return {
    sealed: Sealed.fromJson(json),
    lane: { kind: "keyed", key },
    ...from === undefined ? {} : { from },
    ...except === undefined ? {} : { except },
  };
}
