/** The end of a switch that covers every case: a new one does not compile until it is handled. */
export function unreachable(value: never): never {
  throw new TypeError(`Cannot handle ${JSON.stringify(value)}: no case for it`);
}
