import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "../../shared/seal.tsx";
import type { Conversation } from "../model/conversation.ts";
import { say } from "../words.ts";

export interface OlderRowProps {
  readonly conversation: Conversation;
  readonly list: RefObject<HTMLElement | null>;
  readonly isEmpty: boolean;
}

/** The top of the list: loads what came before when it is scrolled near, and says where the room begins. */
export function OlderRow({ conversation, list, isEmpty }: OlderRowProps) {
  const row = useRef<HTMLDivElement>(null);
  const older = conversation.history.older.value;
  const hasOlder = conversation.hasOlder.value;
  useEffect(() => {
    if (!hasOlder || older !== "idle" || !row.current) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) void conversation.history.loadOlder();
    }, { root: list.current, rootMargin: "400px 0px 0px" });
    observer.observe(row.current);
    return () => observer.disconnect();
  }, [hasOlder, older]);

  return <div ref={row} class="notice older">{content(conversation, isEmpty)}</div>;
}

function content(conversation: Conversation, isEmpty: boolean) {
  const words = say();
  if (conversation.history.older.value === "failed") {
    return (
      <>
        {words.olderFailed}{" "}
        <button type="button" class="text-button" onClick={() => void conversation.history.loadOlder()}>
          {words.again}
        </button>
      </>
    );
  }
  if (conversation.hasOlder.value) return words.loadingOlder;
  if (!isEmpty) return words.beginning(conversation.roomId);
  if (conversation.state.value.status === "joining") return words.entering;
  return (
    <div class="empty">
      <Mark />
      <p>{words.empty}</p>
      <p>{words.emptyHint}</p>
    </div>
  );
}
