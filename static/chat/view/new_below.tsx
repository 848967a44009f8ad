import { Icon } from "../../shared/icons.tsx";
import type { Conversation } from "../model/conversation.ts";
import { say } from "../words.ts";

/** Leads back to the end of the conversation, with how much is new there. */
export function NewBelow({ conversation, onPress }: { conversation: Conversation; onPress: () => void }) {
  if (conversation.atEnd.value) return null;
  const unread = conversation.unread.value;
  return (
    <button
      type="button"
      class={unread > 0 ? "new-below some" : "new-below"}
      data-testid="new-below"
      data-count={unread}
      title={say().toEnd}
      aria-label={unread > 0 ? `${say().newBelow(unread)}. ${say().toEnd}` : say().toEnd}
      onClick={onPress}
    >
      {unread > 0 && say().newBelow(unread)}
      <Icon name="down" />
    </button>
  );
}
