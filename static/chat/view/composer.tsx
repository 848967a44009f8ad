import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { errorText } from "../../shared/error_text.ts";
import { Icon } from "../../shared/icons.tsx";
import type { Keep } from "../../shared/storage.ts";
import type { Conversation } from "../model/conversation.ts";
import { draftOf, keepDraft } from "../model/drafts.ts";
import { sendsMessage } from "../model/enter.ts";
import { messageSize } from "../model/message_size.ts";
import { say } from "../words.ts";

export interface ComposerProps {
  readonly conversation: Conversation;
  readonly keep: Keep;
  /** as the server said; `Infinity` until then */
  readonly maxMessageBytes: ReadonlySignal<number>;
}

/** Where one writes. The draft of each room is kept. */
export function Composer({ conversation, keep, maxMessageBytes }: ComposerProps) {
  const { room, roomId } = conversation;
  const area = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const text = useSignal(draftOf(keep, roomId));
  const size = useComputed(() => messageSize(text.value, maxMessageBytes.value));
  const isRefused = conversation.state.value.status === "refused";

  const write = (content: string) => {
    const element = area.current;
    if (!element) return;
    element.value = content;
    taken(element);
  };
  const taken = (element: HTMLTextAreaElement) => {
    text.value = element.value;
    keepDraft(keep, roomId, element.value);
    fit(element);
  };
  const send = () => {
    if (size.value.isOver || isRefused || !conversation.send(text.value)) return;
    write("");
    area.current?.focus();
  };

  // the field keeps its own text: an input method must not be disturbed while it composes
  useLayoutEffect(() => {
    write(text.peek());
    // where there is a keyboard one can write at once; on a phone it would cover half of the page
    if (matchMedia("(hover: hover)").matches) area.current?.focus({ preventScroll: true });
  }, []);
  useSignalEffect(() => {
    if (conversation.replyTo.value) area.current?.focus();
  });
  useSignalEffect(() => {
    const { refused } = conversation;
    if (refused.value && text.peek() === "") write(refused.value.content);
  });

  const words = say();
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <ReplyingTo conversation={conversation} />
      {conversation.refused.value && (
        <p class="field-error" role="alert">{errorText(conversation.refused.value.error)}</p>
      )}
      <div class="sheet">
        <textarea
          ref={area}
          id="composer"
          data-testid="composer"
          rows={1}
          aria-label={words.message}
          aria-describedby={hintId}
          placeholder={words.writeTo(roomId)}
          disabled={isRefused}
          autocomplete="off"
          enterkeyhint="send"
          onInput={({ currentTarget }) => {
            taken(currentTarget);
            room.typing(currentTarget.value.trim() !== "");
          }}
          onBlur={() => room.typing(false)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && !event.isComposing) conversation.replyTo.value = undefined;
            if (!sendsMessage(event)) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          class="send"
          data-testid="send"
          aria-label={words.send}
          disabled={text.value.trim() === "" || size.value.isOver || isRefused}
        >
          <Icon name="send" />
        </button>
      </div>
      <p id={hintId} class="hint">
        <span class="keys">{words.keys}</span>
        {size.value.isClose && (
          <span class={size.value.isOver ? "size over" : "size"} data-testid="size">
            {words.size(size.value.usedBytes, size.value.maxBytes)}
          </span>
        )}
      </p>
    </form>
  );
}

function ReplyingTo({ conversation }: { conversation: Conversation }) {
  const original = conversation.replyTo.value;
  if (!original) return null;
  return (
    <div class="replying" data-testid="replying">
      <p>
        <span class="quote-name">{say().replyingTo(original.userName)}</span>
        <span class="quote-text">{original.content}</span>
      </p>
      <button
        type="button"
        class="icon-button"
        aria-label={say().cancelReply}
        onClick={() => conversation.replyTo.value = undefined}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Browsers that size a field to its content need no help. */
const FITS_ITSELF = typeof CSS !== "undefined" && CSS.supports("field-sizing", "content");

function fit(element: HTMLTextAreaElement): void {
  if (FITS_ITSELF) return;
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight}px`;
}
