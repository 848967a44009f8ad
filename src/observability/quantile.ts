/**
 * Estimates a quantile from cumulative buckets, by upper bound: within the bucket it falls into, values are taken to
 * be spread evenly. Above the last finite bound it is that bound. Nothing when nothing was counted.
 */
export function quantile(buckets: ReadonlyMap<number, number>, q: number): number | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  let [lower, below] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= rank && count > below) {
      return bound === Infinity ? lower : lower + (bound - lower) * (rank - below) / (count - below);
    }
    [lower, below] = [bound, count];
  }
  return lower;
}
