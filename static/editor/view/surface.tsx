import { useEffect, useRef } from "preact/hooks";
import type { Draft } from "../model/draft.ts";
import { openWriting, type Writing } from "../model/writing.ts";
import { say } from "../words.ts";

/** What one writes on. */
export function Surface({ draft, readOnly }: { draft: Draft; readOnly: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const writing = useRef<Writing>(undefined);
  const { label, placeholder } = say();
  useEffect(() => {
    const opened = writing.current = openWriting(host.current!, draft);
    return () => opened.destroy();
  }, [draft]);
  useEffect(() => writing.current?.set({ readOnly, words: { label, placeholder } }), [
    draft,
    readOnly,
    label,
    placeholder,
  ]);
  return <div ref={host} class="writing" data-testid="writing" />;
}
