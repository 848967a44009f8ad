import type { Places, Release } from "../transports/places.ts";
import type { FromIsolate } from "./isolate_messages.ts";
import { Questions } from "./questions.ts";

/** Places that the supervisor counts for all isolates. */
export class IsolatePlaces implements Places {
  readonly #tell: (message: FromIsolate) => void;
  readonly #questions = new Questions<boolean>();

  constructor(tell: (message: FromIsolate) => void) {
    this.#tell = tell;
  }

  async take(address: string): Promise<Release | undefined> {
    let place = 0;
    const granted = await this.#questions.ask((id) => this.#tell({ kind: "take", id: place = id, address }));
    if (!granted) return undefined;
    let held = true;
    return () => {
      if (held) this.#tell({ kind: "give_back", id: place });
      held = false;
    };
  }

  answered(id: number, granted: boolean): void {
    this.#questions.answered(id, granted);
  }
}
