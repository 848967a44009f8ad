import { expect } from "@std/expect";
import { formatPosition, parsePosition } from "../../src/protocol/position.ts";

Deno.test("[E3b] a position is written epoch.offset and read back", () => {
  for (const position of [{ epoch: "e", offset: 0 }, { epoch: "aB_9-x", offset: 2 ** 53 - 1 }]) {
    expect(parsePosition(formatPosition(position))).toEqual(position);
  }
});

for (
  const text of [
    "",
    "e",
    ".1",
    "e.",
    "e.-1",
    "e.01",
    "e.1.5",
    "e.1e3",
    "e.9007199254740993",
    "e.NaN",
    "a b.1",
    "é.1",
  ]
) {
  Deno.test(`[E3b] ${JSON.stringify(text)} is no position`, () =>
    expect(parsePosition(text)).toBeUndefined());
}
