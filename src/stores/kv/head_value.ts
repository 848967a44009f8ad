/** top, oldest, and the offset after which everything stays: Infinity when nothing was promised */
export type HeadValue = readonly [number, number, number];

/** The head of a room nobody wrote to. */
export const NO_HEAD: HeadValue = [0, 1, Infinity];
