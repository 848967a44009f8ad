import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { errorText } from "../../shared/error_text.ts";
import { formatList } from "../../shared/format.ts";
import { Icon } from "../../shared/icons.tsx";
import { locale } from "../../shared/language.ts";
import { unreachable } from "../../shared/unreachable.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Message, Receipt } from "../model/message.ts";
import { say } from "../words.ts";

export interface ReceiptLineProps {
  readonly conversation: Conversation;
  readonly message: Message;
  readonly receipt: Receipt;
}

/** Under an own message: sending, sent, read by whom, or failed with what can be done about it. */
export function ReceiptLine({ conversation, message, receipt }: ReceiptLineProps) {
  const words = say();
  switch (receipt.kind) {
    case "received":
      return null;
    case "pending":
      return (
        <p class="receipt">
          <Icon name="pending" />
          {words.pending}
        </p>
      );
    case "sent":
      return (
        <p class="receipt">
          <Icon name="sent" />
          {words.sent}
        </p>
      );
    case "read":
      return <ReadBy names={receipt.by.map((userId) => conversation.nameOf(userId) ?? words.someone)} />;
    case "failed":
      return (
        <p class="receipt failed" title={receipt.error.message}>
          <Icon name="failed" />
          <span role="alert">{words.failed} {errorText(receipt.error)}</span>
          <button
            type="button"
            class="text-button"
            data-testid="retry"
            onClick={() => conversation.retry(message.messageId)}
          >
            {words.retry}
          </button>
          <button
            type="button"
            class="text-button"
            data-testid="discard"
            onClick={() => conversation.discard(message.messageId)}
          >
            {words.discard}
          </button>
        </p>
      );
    default:
      return unreachable(receipt);
  }
}

/** The names show while the pointer or the focus is on the count; Esc puts them away. */
function ReadBy({ names }: { names: readonly string[] }) {
  const isOpen = useSignal(false);
  const id = useId();
  const open = () => isOpen.value = true;
  const close = () => isOpen.value = false;
  return (
    <p class="receipt" onPointerEnter={open} onPointerLeave={close}>
      <button
        type="button"
        class="read-by"
        aria-describedby={id}
        onFocus={open}
        onBlur={close}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key === "Escape") close();
        }}
      >
        <Icon name="read" />
        {say().readBy(names.length)}
      </button>
      <span role="tooltip" id={id} class={isOpen.value ? "names" : "names unseen"}>
        {formatList(locale.value, names)}
      </span>
    </p>
  );
}
