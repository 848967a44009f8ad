import type { Places, Release } from "../transports/places.ts";
import type { FromIsolate } from "./isolate_messages.ts";

/** Places that the supervisor counts for all isolates. */
export class IsolatePlaces implements Places {
  readonly #tell: (message: FromIsolate) => void;
  readonly #asking = new Map<number, (granted: boolean) => void>();
  #lastId = 0;

  constructor(tell: (message: FromIsolate) => void) {
    this.#tell = tell;
  }

  async take(address: string): Promise<Release | undefined> {
    const id = ++this.#lastId;
    const granted = await new Promise<boolean>((resolve) => {
      this.#asking.set(id, resolve);
      this.#tell({ kind: "take", id, address });
    });
    if (!granted) return undefined;
    let held = true;
    return () => {
      if (held) this.#tell({ kind: "give_back", id });
      held = false;
    };
  }

  answered(id: number, granted: boolean): void {
    this.#asking.get(id)?.(granted);
    this.#asking.delete(id);
  }
}
