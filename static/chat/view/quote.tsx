import { useSignal } from "@preact/signals";
import { Icon } from "../../shared/icons.tsx";
import type { Conversation } from "../model/conversation.ts";
import { say } from "../words.ts";

export interface QuoteProps {
  readonly conversation: Conversation;
  /** the `id` of the message that is answered */
  readonly id: string;
  readonly onShow: (id: string) => Promise<boolean>;
}

/** What a message answers, in one line. Pressing it leads there. */
export function Quote({ conversation, id, onShow }: QuoteProps) {
  const isGone = useSignal(false);
  const original = conversation.original(id);
  const show = () => {
    onShow(id).then((found) => isGone.value = !found, () => isGone.value = true);
  };
  return (
    <button type="button" class="quote" onClick={show}>
      <span class="unseen">{say().original}:</span>
      {original
        ? (
          <>
            <span class="quote-name">{original.userName}</span>
            <span class="quote-text">{original.content}</span>
          </>
        )
        : (
          <span class="quote-text away">
            <Icon name="reply" />
            {isGone.value ? say().originalGone : say().originalAway}
          </span>
        )}
    </button>
  );
}
