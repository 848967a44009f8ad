/** What a reader takes for the characters of a text. */
export function graphemesOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** What stands for a name where there is room for one character. */
export function initial(name: string): string {
  return graphemesOf(name)[0]?.toLocaleUpperCase() ?? "";
}

const segmenter = new Intl.Segmenter();
