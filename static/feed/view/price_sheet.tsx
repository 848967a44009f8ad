import type { ReadonlySignal } from "@preact/signals";
import { locale } from "../../shared/language.ts";
import type { View } from "../model/feed.ts";
import type { Quote } from "../model/quotes.ts";
import { say } from "../words.ts";

/** The prices as they are now. */
export function PriceSheet({ view }: { view: ReadonlySignal<View> }) {
  const words = say();
  return (
    <section class="sheet prices" aria-labelledby="prices-title">
      <h2 id="prices-title">{words.prices}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.symbol}</th>
            <th scope="col" class="number">{words.price}</th>
            <th scope="col" class="number">{words.change}</th>
            <th scope="col" class="trail-cell">
              <span class="unseen">{words.trail}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {view.value.quotes.map((quote) => <PriceRow key={quote.symbol} quote={quote} />)}
        </tbody>
      </table>
    </section>
  );
}

function PriceRow({ quote: { symbol, cents, firstCents, trail } }: { quote: Quote }) {
  const money = new Intl.NumberFormat(locale.value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(locale.value, {
    style: "percent",
    minimumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
  const change = (cents - firstCents) / firstCents;
  return (
    <tr data-testid="price" data-symbol={symbol}>
      <th scope="row">{symbol}</th>
      <td class="number">{money.format(cents / 100)}</td>
      <td class={change < 0 ? "number down" : "number"}>{percent.format(change)}</td>
      <td class="trail-cell">
        <Trail values={trail} />
      </td>
    </tr>
  );
}

const WIDTH = 96;
const HEIGHT = 22;

/** The course of a price, without axes: its numbers stand beside it. */
function Trail({ values }: { values: readonly number[] }) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, n) => {
    const x = values.length < 2 ? 0 : n / (values.length - 1) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value - low) / span * (HEIGHT - 4)).toFixed(1)}`;
  });
  return (
    <svg class="trail" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
