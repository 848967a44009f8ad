import type { Places, Release } from "../transports/places.ts";
import type { FromIsolate, PlaceKind } from "./isolate_messages.ts";
import { Questions } from "./questions.ts";

/** Places that the supervisor counts for all isolates. */
export class IsolatePlaces {
  /** by address */
  readonly connections: Places = { take: (address) => this.#take("connections", address) };
  /** requests that wait, by user [T4] */
  readonly waiting: Places = { take: (user) => this.#take("waiting", user) };
  readonly #tell: (message: FromIsolate) => void;
  readonly #questions = new Questions<boolean>();

  constructor(tell: (message: FromIsolate) => void) {
    this.#tell = tell;
  }

  answered(id: number, granted: boolean): void {
    this.#questions.answered(id, granted);
  }

  async #take(of: PlaceKind, holder: string): Promise<Release | undefined> {
    let place = 0;
    const granted = await this.#questions.ask((id) =>
      this.#tell({ kind: "take", id: place = id, of, holder })
    );
    if (!granted) return undefined;
    let held = true;
    return () => {
      if (held) this.#tell({ kind: "give_back", id: place });
      held = false;
    };
  }
}
