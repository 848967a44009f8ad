import { unreachable } from "../../shared/unreachable.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Hole } from "../model/timeline.ts";
import { say } from "../words.ts";

/** Where messages are missing, and the way to get them. */
export function HoleRow({ conversation, hole }: { conversation: Conversation; hole: Hole }) {
  return (
    <div class="notice hole" data-testid="gap" data-state={hole.state}>{content(conversation, hole)}</div>
  );
}

function content(conversation: Conversation, { id, state }: Hole) {
  const words = say();
  const fill = () => void conversation.history.fill(id);
  switch (state) {
    case "open":
      return (
        <>
          {words.hole} <button type="button" class="text-button" onClick={fill}>{words.fill}</button>
        </>
      );
    case "failed":
      return (
        <>
          {words.fillFailed} <button type="button" class="text-button" onClick={fill}>{words.again}</button>
        </>
      );
    case "loading":
      return words.filling;
    case "lost":
      return words.lost;
    case "restart":
      return words.restart;
    default:
      return unreachable(state);
  }
}
