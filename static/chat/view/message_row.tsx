import { useEffect, useRef } from "preact/hooks";
import { formatMoment, formatTime } from "../../shared/format.ts";
import { Icon } from "../../shared/icons.tsx";
import { locale } from "../../shared/language.ts";
import { Seal } from "../../shared/seal.tsx";
import type { Conversation } from "../model/conversation.ts";
import { isSameReceipt, type Message, type Stored } from "../model/message.ts";
import { say } from "../words.ts";
import { MessageText } from "./message_text.tsx";
import { Quote } from "./quote.tsx";
import { ReceiptLine } from "./receipt.tsx";

/** What a message needs of the list around it. Stays the same object while the list lives. */
export interface MessageActions {
  readonly conversation: Conversation;
  /** tells when this element was really seen; the answer stops it */
  readonly watch: (element: Element, place: Stored) => () => void;
  readonly show: (id: string) => Promise<boolean>;
  readonly reply: (message: Message) => void;
}

export interface MessageRowProps {
  readonly message: Message;
  readonly head: boolean;
  /** the one that follows in the group */
  readonly next: Message | undefined;
  readonly own: boolean;
  /** the one message that Tab stops at; arrows go on from there */
  readonly active: boolean;
  /** was just jumped to */
  readonly shown: boolean;
  readonly actions: MessageActions;
}

/** One message: a strip of paper, with who and when above the first of a group. */
export function MessageRow({ message, head, next, own, active, shown, actions }: MessageRowProps) {
  const { conversation } = actions;
  const article = useRef<HTMLElement>(null);
  const place = message.delivery.kind === "stored" ? message.delivery : undefined;
  useEffect(() => {
    if (own || !place || !article.current) return undefined;
    return actions.watch(article.current, place);
  }, [own, place, actions]);

  const receipt = conversation.receipt(message);
  const time = formatTime(locale.value, message.timeMs);
  const name = own ? say().you : message.userName;
  const classes = ["message", own && "own", head && "head", shown && "shown"];
  return (
    <article
      ref={article}
      class={classes.filter(Boolean).join(" ")}
      tabIndex={active ? 0 : -1}
      aria-label={say().byAt(name, time)}
      data-testid="message"
      data-key={message.key}
      data-message-id={message.messageId}
      data-state={receipt.kind}
    >
      {head && (
        <header class="who">
          {!own && <Seal name={message.userName} />}
          {!own && <span class="name">{message.userName}</span>}
          <time
            dateTime={new Date(message.timeMs).toISOString()}
            title={formatMoment(locale.value, message.timeMs)}
          >
            {time}
          </time>
        </header>
      )}
      <div class="line">
        <div class="strip" title={formatMoment(locale.value, message.timeMs)}>
          {message.replyTo !== null && (
            <Quote conversation={conversation} id={message.replyTo} onShow={actions.show} />
          )}
          <MessageText content={message.content} />
        </div>
        {place && (
          <button
            type="button"
            class="icon-button reply-button"
            data-testid="reply-button"
            tabIndex={active ? 0 : -1}
            aria-label={own ? say().reply : say().replyTo(message.userName)}
            title={say().reply}
            onClick={() => actions.reply(message)}
          >
            <Icon name="reply" />
          </button>
        )}
      </div>
      {(!next || !isSameReceipt(receipt, conversation.receipt(next))) && (
        <ReceiptLine conversation={conversation} message={message} receipt={receipt} />
      )}
    </article>
  );
}
