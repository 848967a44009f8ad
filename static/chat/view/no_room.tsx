import { errorText } from "../../shared/error_text.ts";
import type { Conversation } from "../model/conversation.ts";
import { DEFAULT_ROOM, type Place, searchFor } from "../model/place.ts";
import { say } from "../words.ts";

export interface NoRoomProps {
  readonly place: Place;
  readonly conversation: Conversation | undefined;
  readonly onGo: (roomId: string) => void;
}

/** Why there is no room to see: its name is none, or the server does not let us in. */
export function NoRoom({ place, conversation, onGo }: NoRoomProps) {
  const problem = problemOf(place, conversation);
  if (!problem) return null;
  return (
    <div class="no-room" role="alert" data-testid="no-room">
      <p>{problem}</p>
      <a
        href={searchFor(DEFAULT_ROOM)}
        onClick={(event) => {
          event.preventDefault();
          onGo(DEFAULT_ROOM);
        }}
      >
        {say().toLobby}
      </a>
    </div>
  );
}

function problemOf(place: Place, conversation: Conversation | undefined): string | undefined {
  if (place.kind === "invalid") return say().invalidRoom(place.text.slice(0, 80));
  const state = conversation?.state.value;
  if (!conversation || state?.status !== "refused") return undefined;
  return `${say().refused(conversation.roomId)}: ${errorText(state.error)}`;
}
