import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { EventFeed } from "./event_feed.ts";
import { sayShared } from "./words.ts";

/** A cut that is over sooner is not worth a word. */
const PATIENCE_MS = 800;

/** Says that a stream is not there, while it is not. */
export function FeedBanner({ feed }: { feed: EventFeed }) {
  const away = feed.state.value !== "open";
  const told = useSignal(false);
  const reason = useRef<"cut" | "refused">("cut");
  useEffect(() => {
    const timer = setTimeout(() => told.value = away, away ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [away]);
  const shown = told.value && away;
  const say = sayShared();
  // while it is being tried again, what was said before still holds
  if (feed.state.value === "cut" || feed.state.value === "refused") reason.current = feed.state.value;
  const text = reason.current === "refused" ? say.feedRefused : say.feedCut;
  return (
    <div class={shown ? "banner" : "unseen"} data-testid={shown ? "banner" : undefined}>
      <p class="banner-text" role="status">{shown ? text : ""}</p>
      {shown && (
        <button type="button" class="button small" onClick={() => feed.open()}>{say.reconnectNow}</button>
      )}
    </div>
  );
}
