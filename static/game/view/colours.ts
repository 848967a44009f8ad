/** The hues of the players, in the order they are given out. */
const HUES = [12, 215, 145, 285, 40, 190, 330, 95, 250, 60, 170, 305];

/** A player's colour, dark on light paper and light on dark, so that a letter can be read in it. */
export function colourOf(colour: number, isDark: boolean): string {
  const hue = HUES[colour % HUES.length]!;
  return isDark ? `hsl(${hue} 55% 68%)` : `hsl(${hue} 55% 33%)`;
}
