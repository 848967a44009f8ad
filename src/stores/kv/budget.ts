/**
 * What one commit and one read may have. Deno KV takes 10 checks, 1,000 mutations, 800 KiB of values and 80 KiB of
 * keys in a commit, 64 KiB in a value and 10 keys in a read; some room is left for what is counted only roughly.
 */
export const ROOMS_PER_COMMIT = 9;
export const KEYS_PER_READ = 10;
const MUTATIONS = 900;
const VALUE_BYTES = 700_000;
const KEY_BYTES = 70_000;

/** Characters of text in one value: each may take two bytes. */
const PIECE_CHARACTERS = 30_000;

/** The longest body of a message, in characters: all of it goes into one commit. */
export const MAX_BODY_CHARACTERS = 262_144;
/** The longest value of a row, in characters. */
export const MAX_ROW_CHARACTERS = 8_388_608;
/** Pieces that one commit takes. */
export const PIECES_PER_COMMIT = 11;

/** What is left of a commit's budget. */
export class Budget {
  #mutations = 0;
  #valueBytes = 0;
  #keyBytes = 0;

  /** Takes room for some mutations; false, and nothing is taken, when there is not enough. The first always fit. */
  take(mutations: number, characters: number, keyCharacters: number): boolean {
    const some = this.#mutations > 0;
    // keys and values say what they are, and where their parts end
    const valueBytes = 2 * characters + 64 * mutations;
    const keyBytes = 2 * keyCharacters + 64 * mutations;
    if (
      some && (this.#mutations + mutations > MUTATIONS || this.#valueBytes + valueBytes > VALUE_BYTES ||
        this.#keyBytes + keyBytes > KEY_BYTES)
    ) {
      return false;
    }
    this.#mutations += mutations;
    this.#valueBytes += valueBytes;
    this.#keyBytes += keyBytes;
    return true;
  }
}

/** A text in pieces that fit into a value each; nothing when it fits beside other things into one. */
export function piecesOf(text: string): string[] {
  if (text.length <= PIECE_CHARACTERS) return [];
  const pieces = [];
  for (let start = 0; start < text.length; start += PIECE_CHARACTERS) {
    pieces.push(text.slice(start, start + PIECE_CHARACTERS));
  }
  return pieces;
}
