import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { copyText } from "../../shared/clipboard.ts";
import { Icon } from "../../shared/icons.tsx";
import type { Conversation } from "../model/conversation.ts";
import { searchFor } from "../model/place.ts";
import { say } from "../words.ts";

export interface RoomBarProps {
  readonly conversation: Conversation;
  /** absent where the rooms stand beside the conversation anyway */
  readonly onRooms: (() => void) | undefined;
  /** absent where the people do */
  readonly onPeople: (() => void) | undefined;
  /** unread messages in other rooms */
  readonly unreadElsewhere: number;
}

/** The head of the conversation: where we are, and the ways out of it. */
export function RoomBar({ conversation, onRooms, onPeople, unreadElsewhere }: RoomBarProps) {
  const { roomId } = conversation;
  const { count } = conversation.presence.value;
  const words = say();
  return (
    <header class="room-bar">
      {onRooms && (
        <button
          type="button"
          class="icon-button"
          data-testid="open-rooms"
          aria-haspopup="dialog"
          aria-label={unreadElsewhere > 0 ? `${words.rooms} (${words.unread(unreadElsewhere)})` : words.rooms}
          onClick={onRooms}
        >
          <Icon name="menu" />
          {unreadElsewhere > 0 && <span class="dot" />}
        </button>
      )}
      <h1 class="room-title">
        <span class="hash" aria-hidden="true">#</span>
        <span class="room-name" data-testid="room-id">{roomId}</span>
      </h1>
      <CopyLink roomId={roomId} />
      {onPeople && (
        <button
          type="button"
          class="icon-button"
          data-testid="open-people"
          aria-haspopup="dialog"
          aria-label={words.peopleHere(count)}
          onClick={onPeople}
        >
          <Icon name="people" />
          {count}
        </button>
      )}
    </header>
  );
}

/** How long the answer of the copy button stands. */
const ANSWER_MS = 2500;

function CopyLink({ roomId }: { roomId: string }) {
  const answer = useSignal<string | undefined>(undefined);
  useEffect(() => {
    if (answer.value === undefined) return undefined;
    const timer = setTimeout(() => answer.value = undefined, ANSWER_MS);
    return () => clearTimeout(timer);
  }, [answer.value]);
  const copy = async () => {
    const link = new URL(searchFor(roomId), location.href);
    answer.value = await copyText(link.href) ? say().linkCopied : say().linkNotCopied;
  };
  return (
    <>
      <span class="copy-answer" role="status">{answer.value}</span>
      <button
        type="button"
        class="icon-button"
        data-testid="copy-link"
        aria-label={say().copyLink}
        title={say().copyLink}
        onClick={() => void copy()}
      >
        <Icon name="link" />
      </button>
    </>
  );
}
