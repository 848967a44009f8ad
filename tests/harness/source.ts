/** One import or re-export of a module. `type` when nothing of it is left at run time. */
export interface Import {
  readonly specifier: string;
  readonly type: boolean;
}

/**
 * The imports a module's text names. Under `verbatimModuleSyntax` only `import type` and `export type` leave
 * nothing behind: `import { type A }` still loads the module.
 */
export function importsOf(source: string): Import[] {
  const text = withoutComments(source);
  const found: Import[] = [];
  for (const match of text.matchAll(/^\s*(?:import|export)\b([^"';]*?)\bfrom\s*"([^"]+)"/gms)) {
    found.push({ specifier: match[2]!, type: /^\s*type\b(?!\s*,)/.test(match[1]!) });
  }
  for (const match of text.matchAll(/^\s*import\s*"([^"]+)"/gm)) {
    found.push({ specifier: match[1]!, type: false });
  }
  for (const match of text.matchAll(/\bimport\(\s*"([^"]+)"/g)) {
    found.push({ specifier: match[1]!, type: false });
  }
  return found;
}

/** A module's text without comments. */
export function withoutComments(source: string): string {
  return split(source).filter(({ kind }) => kind !== "comment").map(({ text }) => text).join("");
}

/** A module's text without comments and without what is written in quotes. */
export function codeOf(source: string): string {
  return split(source).filter(({ kind }) => kind === "code").map(({ text }) => text).join(" ");
}

interface Piece {
  readonly kind: "code" | "comment" | "string";
  readonly text: string;
}

const PIECES = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/g;

/** Templates stay code: what stands in `${…}` is, and the rest of a template does no harm here. */
function split(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of source.matchAll(PIECES)) {
    pieces.push({ kind: "code", text: source.slice(at, match.index) });
    pieces.push({ kind: match[1] === undefined ? "string" : "comment", text: match[0] });
    at = match.index + match[0].length;
  }
  pieces.push({ kind: "code", text: source.slice(at) });
  return pieces;
}
