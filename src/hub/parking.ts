import type { Access } from "./access.ts";
import { Parked } from "./parked.ts";
import type { Clock, Gauge, Identity } from "./ports.ts";
import type { Room } from "./room.ts";
import type { CloseCode } from "../protocol/wire.ts";

export interface ParkingDeps {
  readonly clock: Clock;
  readonly access: Pick<Access, "watch">;
  readonly connections: Gauge;
}

/** The requests that wait for a room to grow. [T3] */
export class Parking {
  readonly #deps: ParkingDeps;
  readonly #parked = new Set<Parked>();

  constructor(deps: ParkingDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#parked.size;
  }

  [Symbol.iterator](): Iterator<Parked> {
    return this.#parked.values();
  }

  /** Lets a request wait until the room grows; whoever parks it also takes it away. */
  park(identity: Identity, room: Room, timeoutMs: number): Parked {
    const { clock, access, connections } = this.#deps;
    const parked = new Parked(identity, room, clock, timeoutMs);
    this.#parked.add(parked);
    connections.add(1);
    access.watch(parked);
    return parked;
  }

  /** Ends the wait, and with it all that it holds. */
  remove(parked: Parked): void {
    if (!this.#parked.delete(parked)) return;
    parked.wake();
    this.#deps.connections.add(-1);
  }

  /** Ends all waits: each is answered with what there is. */
  close(code: CloseCode, reason: string): void {
    for (const parked of this.#parked) parked.close(code, reason);
  }
}
