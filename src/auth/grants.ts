import * as z from "zod";
import type { Grant, Right } from "../hub/ports.ts";
import { fits } from "../protocol/pattern.ts";

const LETTERS: Readonly<Record<string, Right>> = { r: "read", w: "write", a: "admin" };

/** A room id, or the beginning of one and a `*`. Any other `*` is no pattern. */
const Pattern = z.string().max(128).regex(
  /^(?:[A-Za-z0-9][A-Za-z0-9_.:@|+-]*\*?|\*)$/,
  "a pattern is a room id or the beginning of one and a *",
);

/** Rights as a token and the members API write them: `r` read, `w` write, `a` admin. [C6] */
export const Rights = z.string().regex(/^(?!.*(.).*\1)[rwa]+$/, "rights are some of r, w and a")
  .transform((letters): readonly Right[] => [...letters].map((letter) => LETTERS[letter]!));

/** A token's claim `rooms`: `{"team-*": "rw", "news": "r", "ops": "rwa"}`. [C6] */
export const RoomsClaim = z.record(Pattern, Rights).transform((rooms): readonly Grant[] =>
  Object.entries(rooms).map(([pattern, rights]) => ({ pattern, rights }))
);

/** Whether any grant gives a right in a room. [C6] */
export function granted(grants: readonly Grant[], right: Right, roomId: string): boolean {
  return grants.some(({ pattern, rights }) => rights.includes(right) && fits(pattern, roomId));
}
