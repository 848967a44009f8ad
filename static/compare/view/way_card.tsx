import { useId } from "preact/hooks";
import { locale } from "../../shared/language.ts";
import type { Way } from "../model/comparison.ts";
import type { Figures } from "../model/meter.ts";
import { say } from "../words.ts";

/** What one way costs and brings, and when it is enough. */
export function WayCard({ way, figures }: { way: Way; figures: Figures | undefined }) {
  const id = useId();
  const words = say();
  const { name, enough } = words.ways[way];
  const write = (value: number | undefined, digits = 0) =>
    value === undefined
      ? words.nothing
      : new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits }).format(value);
  const ms = (value: number | undefined) =>
    value === undefined ? words.nothing : words.ms(write(value, value < 10 ? 1 : 0));
  const rows: readonly (readonly [keyof typeof words.figures, string])[] = [
    ["p50Ms", ms(figures?.p50Ms)],
    ["p95Ms", ms(figures?.p95Ms)],
    ["requests", write(figures?.requests)],
    ["bytes", write(figures && figures.bytes / 1000, 1)],
    ["received", write(figures?.received)],
    ["caughtUp", write(figures?.caughtUp)],
    ["missing", write(figures?.missing)],
  ];
  return (
    <section
      class="sheet way"
      aria-labelledby={id}
      data-testid="way"
      data-way={way}
      data-received={figures?.received}
      data-missing={figures?.missing}
      data-caught-up={figures?.caughtUp}
      data-p50={figures?.p50Ms}
    >
      <h2 id={id}>{name}</h2>
      <p class="way-away small-text" role="status">{figures?.isAway ? words.away : ""}</p>
      <dl>
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{words.figures[key]}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3 class="small-text">{words.enoughWhen}</h3>
      <p class="soft small-text">{enough}</p>
    </section>
  );
}
