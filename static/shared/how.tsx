import type { ComponentChildren } from "preact";
import { sayShared } from "./words.ts";

export interface HowProps {
  /** what carries the page's data */
  readonly transport: string;
  /** what becomes of it when a reader is slow or away */
  readonly lane: string;
  /** why these two, a paragraph each */
  readonly why: readonly string[];
  /** the least code that does the same */
  readonly code?: string;
  /** what is true of this page alone */
  readonly children?: ComponentChildren;
}

/** The drawer in which a page says how it works. */
export function How({ transport, lane, why, code, children }: HowProps) {
  const say = sayShared().how;
  return (
    <div class="how" data-testid="how">
      <dl>
        <dt>{say.transport}</dt>
        <dd>{transport}</dd>
        <dt>{say.lane}</dt>
        <dd>{lane}</dd>
      </dl>
      <h3>{say.why}</h3>
      {why.map((paragraph) => <p key={paragraph}>{paragraph}</p>)}
      {children}
      {code !== undefined && (
        <>
          <h3>{say.code}</h3>
          <pre tabIndex={0} aria-label={say.code}><code>{code}</code></pre>
        </>
      )}
    </div>
  );
}
