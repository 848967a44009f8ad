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

/** The item another node told of; nothing when it is no envelope, which is not looked at where nodes are trusted. */
export function ephemeralItem(news: EphemeralNews, trusted: boolean): Item | undefined {
  const { key, from, except } = news;
  const sealed = Sealed.fromJson(news.json);
  if (!trusted && !isEnvelope(sealed)) return undefined;
  return {
    sealed,
    lane: { kind: "keyed", key },
    ...from === undefined ? {} : { from },
    ...except === undefined ? {} : { except },
  };
}

/** Every reader's codec must be able to write it. */
function isEnvelope(sealed: Sealed): boolean {
  try {
    return sealed.type !== "" && typeof sealed.value.payload === "object";
  } catch {
    return false;
  }
}
