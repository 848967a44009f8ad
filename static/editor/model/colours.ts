/** How many colours there are for people; as in tokens.css. */
const COLOURS = 6;

/** The class of a user's colour: the same in every window. */
export function colourOf(userId: string): string {
  let hash = 0;
  for (const character of userId) hash = (hash * 31 + character.codePointAt(0)!) >>> 0;
  return `p${hash % COLOURS}`;
}
