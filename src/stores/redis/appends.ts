import type { Appended, Draft } from "../../hub/ports.ts";

interface Waiting {
  readonly draft: Draft;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** What one script call answers: where the room's log ends, and a place for each draft. */
export type Places =
  readonly (number | readonly [outcome: "duplicate" | "conflict", id: string, offset: number])[];

/** Stores drafts of one room in one step. */
type Commit = (roomId: string, drafts: readonly Draft[]) => Promise<{ epoch: string; places: Places }>;

/** What one call takes at most, so that the server is never busy with one room for long. */
const CALL_DRAFTS = 64;
const CALL_CHARACTERS = 256 * 1024;

/** Gathers the drafts of one turn, so that each room's go in one call. */
export class Appends {
  readonly #commit: Commit;
  #rooms = new Map<string, Waiting[]>();

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  add(draft: Draft): Promise<Appended> {
    return new Promise((resolve, reject) => {
      // after the input that is already waiting: its drafts go along
      if (this.#rooms.size === 0) setImmediate(() => this.#flush());
      const waiting = { draft, resolve, reject };
      const room = this.#rooms.get(draft.roomId);
      if (room) room.push(waiting);
      else this.#rooms.set(draft.roomId, [waiting]);
    });
  }

  #flush(): void {
    const rooms = this.#rooms;
    this.#rooms = new Map();
    for (const [roomId, all] of rooms) {
      for (let first = 0; first < all.length;) {
        let characters = 0;
        let next = first;
        do characters += all[next++]!.draft.body.length; while (
          next < all.length && next - first < CALL_DRAFTS && characters < CALL_CHARACTERS
        );
        this.#send(roomId, all.slice(first, next));
        first = next;
      }
    }
  }

  #send(roomId: string, call: readonly Waiting[]): void {
    this.#commit(roomId, call.map(({ draft }) => draft)).then(
      ({ epoch, places }) => {
        for (const [n, { draft, resolve }] of call.entries()) {
          const place = places[n]!;
          if (typeof place === "number") resolve({ outcome: "stored", id: draft.id, epoch, offset: place });
          else resolve({ outcome: place[0], id: place[1], epoch, offset: place[2] });
        }
      },
      (error) => {
        for (const { reject } of call) reject(error);
      },
    );
  }
}
