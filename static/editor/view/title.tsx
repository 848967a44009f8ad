import { useEffect, useRef } from "preact/hooks";
import type { Draft } from "../model/draft.ts";
import { say } from "../words.ts";

/** The document's title, which everybody may change. While one is at it, nobody else's takes its place. */
export function Title({ draft }: { draft: Draft }) {
  const input = useRef<HTMLInputElement>(null);
  const title = draft.title.value;
  useEffect(() => {
    const field = input.current!;
    if (field.value !== title && document.activeElement !== field) field.value = title;
  }, [title]);
  const words = say();
  return (
    <input
      ref={input}
      class="paper-title"
      data-testid="title"
      aria-label={words.title}
      placeholder={words.untitled}
      maxLength={120}
      disabled={!draft.isLoaded.value}
      onInput={({ currentTarget }) => draft.rename(currentTarget.value)}
      onBlur={({ currentTarget }) => currentTarget.value = draft.title.peek()}
    />
  );
}
