/** What is known of one price. */
export interface Quote {
  readonly symbol: string;
  readonly cents: number;
  /** as the page first saw it */
  readonly firstCents: number;
  /** the last ones, oldest first */
  readonly trail: readonly number[];
}

const TRAIL = 80;

/** Prices by symbol, in the order they were first named. Only the latest counts: there is nothing to miss. */
export class Quotes {
  readonly #quotes = new Map<string, Quote>();

  take(prices: readonly { readonly symbol: string; readonly cents: number }[]): void {
    for (const { symbol, cents } of prices) {
      const known = this.#quotes.get(symbol);
      this.#quotes.set(symbol, {
        symbol,
        cents,
        firstCents: known?.firstCents ?? cents,
        trail: [...known?.trail ?? [], cents].slice(-TRAIL),
      });
    }
  }

  all(): readonly Quote[] {
    return [...this.#quotes.values()];
  }
}
