/** A random name for the life of a log, short because it stands in every position: 64 bits in base 36. [R1] */
export function randomEpoch(): string {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!.toString(36);
}
