import type { Keep } from "../../shared/storage.ts";

/** What was typed in a room and not sent. */
export function draftOf(keep: Keep, roomId: string): string {
  return keep.get(`draft.${roomId}`) ?? "";
}

/** Keeps the draft of a room; an empty one is forgotten. */
export function keepDraft(keep: Keep, roomId: string, text: string): void {
  keep.set(`draft.${roomId}`, text === "" ? undefined : text);
}
