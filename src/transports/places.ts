/** Gives a place back. Does so once however often it is called, because a socket may report its end twice. */
export type Release = () => void;

/** Who may still connect: counts connections by client address, over all isolates of the process. [M29] */
export interface Places {
  /** Takes a place; `undefined` when the address, an IPv6 one by its /64, has none left. */
  take(address: string): Release | undefined | Promise<Release | undefined>;
}
