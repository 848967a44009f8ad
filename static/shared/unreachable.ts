/** Ends a switch over a union: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`Handle a case: ${JSON.stringify(value)} is not one of the known ones`);
}
