import type { ReadonlySignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { View } from "../model/feed.ts";
import type { Line } from "../model/log_tail.ts";
import { say } from "../words.ts";

/** So near to its end a reader wants to stay there. */
const NEAR_PX = 40;

/** The end of the log. It follows as long as one stands at its end. */
export function LogSheet({ view }: { view: ReadonlySignal<View> }) {
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  const { lines } = view.value;
  useLayoutEffect(() => {
    if (follows.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  const words = say();
  return (
    <section class="sheet log" aria-labelledby="log-title">
      <h2 id="log-title">{words.log}</h2>
      {lines.length === 0 && <p class="soft">{words.waiting}</p>}
      <ol
        ref={list}
        class="log-lines"
        tabIndex={0}
        aria-labelledby="log-title"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX}
      >
        {lines.map((line) => <LogRow key={line.offset} line={line} />)}
      </ol>
    </section>
  );
}

function LogRow({ line: { offset, level, service, text, timestamp } }: { line: Line }) {
  return (
    <li class={`log-line ${level}`} data-testid="line" data-offset={offset}>
      <time dateTime={timestamp}>{timestamp.slice(11, 19)}</time>{" "}
      <span class="log-level">{say().levels[level]}</span> <span class="log-service">{service}</span>{" "}
      <span class="log-text">{firstLine(text)}</span>
    </li>
  );
}

/** Of a stack trace the first line: the others would push the rest of the log away. */
function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : `${text.slice(0, end)} …`;
}
