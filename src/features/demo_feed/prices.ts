import { chance } from "./chance.ts";

/** What is traded on the demo's exchange, and what it costs on a usual day. */
const GOODS: readonly (readonly [symbol: string, usual: number])[] = [
  ["TEA", 42.5],
  ["SILK", 310],
  ["INK", 18.2],
  ["PAPER", 7.35],
  ["BRASS", 96],
  ["CEDAR", 154],
];

/** One price, in whole hundredths. */
export interface Price {
  readonly symbol: string;
  readonly cents: number;
}

/** The prices of tick `n`: slow waves of their own, and a little noise. */
export function pricesAt(n: number): readonly Price[] {
  return GOODS.map(([symbol, usual], good) => {
    const wave = Math.sin(n / (90 + 17 * good)) + 0.6 * Math.sin(n / (23 + 5 * good) + good);
    const noise = chance(n, good) - 0.5;
    return { symbol, cents: Math.round(usual * 100 * (1 + 0.02 * wave + 0.004 * noise)) };
  });
}
