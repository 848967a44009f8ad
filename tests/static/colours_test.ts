import { expect } from "@std/expect";

const css = await Deno.readTextFile(new URL("../../static/shared/styles/tokens.css", import.meta.url));
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)]
    .map(([, name, light, dark]) => [name!, { light: light!, dark: dark! }]),
);

/** What is written in which colour on which ground, and the contrast that WCAG 2.2 AA asks for. */
const TEXT = 4.5;
const SHAPE = 3;
const PAIRS: readonly (readonly [string, string, number])[] = [
  ...["paper", "sheet", "strip", "strip-own", "hover", "seal-wash"].map((ground) =>
    ["ink", ground, TEXT] as const
  ),
  ...["paper", "sheet", "strip", "strip-own", "hover"].map((ground) => ["ink-soft", ground, TEXT] as const),
  ...["paper", "sheet", "strip", "strip-own"].map((ground) => ["seal", ground, TEXT] as const),
  ["on-seal", "seal", TEXT],
  ...[0, 1, 2, 3, 4, 5].map((n) => ["sheet", `person-${n}`, TEXT] as const),
  ["paper", "ink", TEXT],
  ...["paper", "sheet", "strip"].map((ground) => ["line-strong", ground, SHAPE] as const),
];

for (const theme of ["light", "dark"] as const) {
  for (const [ink, ground, least] of PAIRS) {
    Deno.test(`${theme}: ${ink} on ${ground} has a contrast of at least ${least}`, () => {
      expect(contrast(colours.get(ink)![theme], colours.get(ground)![theme])).toBeGreaterThanOrEqual(least);
    });
  }
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
