import { useSignal, useSignalEffect } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { formatDay } from "../../shared/format.ts";
import { locale } from "../../shared/language.ts";
import { unreachable } from "../../shared/unreachable.ts";
import type { Conversation } from "../model/conversation.ts";
import { isStored } from "../model/message.ts";
import type { Row } from "../model/rows.ts";
import { say } from "../words.ts";
import { HoleRow } from "./hole_row.tsx";
import { type MessageActions, MessageRow } from "./message_row.tsx";
import { NewBelow } from "./new_below.tsx";
import { OlderRow } from "./older_row.tsx";
import { useArrows } from "./use_arrows.ts";
import { useScroll } from "./use_scroll.ts";
import { useSeen } from "./use_seen.ts";

export interface MessageListProps {
  readonly conversation: Conversation;
  readonly me: string;
  readonly attentive: ReadonlySignal<boolean>;
}

/** How long a message that was jumped to stands out. */
const SHOWN_MS = 1600;

/** The conversation itself. */
export function MessageList({ conversation, me, attentive }: MessageListProps) {
  const list = useRef<HTMLDivElement>(null);
  const rows = conversation.rows.value;
  const scroll = useScroll(list, conversation.atEnd);
  const watch = useSeen(list, attentive, (places) => conversation.seen(places));
  const shownKey = useSignal<string | undefined>(undefined);
  const lastKey = rows.findLast((row) => row.kind === "message")?.key;
  const arrows = useArrows(list, lastKey);

  const actions = useMemo<MessageActions>(() => ({
    conversation,
    watch,
    reply(message) {
      if (isStored(message)) conversation.replyTo.value = message;
    },
    async show(id) {
      const key = await conversation.history.find(id);
      if (key === undefined) return false;
      shownKey.value = key;
      return true;
    },
  }), []);

  useSignalEffect(() => {
    if (conversation.toEnd.value > 0) scroll.toEnd();
  });

  // a room with news opens where they begin
  const hasMessages = lastKey !== undefined;
  useLayoutEffect(() => {
    const line = list.current?.querySelector<HTMLElement>(".unread-line");
    if (line) scroll.toRow(line);
  }, [hasMessages]);

  useEffect(() => {
    const row = rowWith(list.current, shownKey.value);
    if (!row) return undefined;
    scroll.toRow(row);
    row.focus({ preventScroll: true });
    const timer = setTimeout(() => shownKey.value = undefined, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shownKey.value]);

  return (
    <div class="log-frame">
      <div
        ref={list}
        class="log"
        role="log"
        aria-live="polite"
        aria-busy={conversation.history.older.value === "loading"}
        aria-label={say().log(conversation.roomId)}
        onKeyDown={arrows.onKeyDown}
        onFocusIn={arrows.onFocusIn}
      >
        <OlderRow conversation={conversation} list={list} isEmpty={!hasMessages} />
        {rows.map((row) => draw(row))}
      </div>
      <NewBelow conversation={conversation} onPress={() => scroll.toEnd()} />
    </div>
  );

  function draw(row: Row) {
    switch (row.kind) {
      case "day":
        return (
          <h2 key={row.key} class="day">
            <span>{formatDay(locale.value, row.timeMs, Date.now())}</span>
          </h2>
        );
      case "unread":
        return (
          <div key={row.key} class="unread-line" role="separator" aria-label={say().unreadLine}>
            <span>{say().unreadLine}</span>
          </div>
        );
      case "hole":
        return <HoleRow key={row.key} conversation={conversation} hole={row.hole} />;
      case "message":
        return (
          <MessageRow
            key={row.key}
            message={row.message}
            head={row.head}
            next={row.next}
            own={row.message.userId === me}
            active={row.key === arrows.activeKey}
            shown={row.key === shownKey.value}
            actions={actions}
          />
        );
      default:
        return unreachable(row);
    }
  }
}

function rowWith(list: HTMLElement | null, key: string | undefined): HTMLElement | undefined {
  if (!list || key === undefined) return undefined;
  return list.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? undefined;
}
