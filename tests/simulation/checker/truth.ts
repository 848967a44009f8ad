import type { EventOf, RunEvent } from "../events.ts";
import { Store } from "./judge.ts";

type Log = EventOf<"log">;

/** One room's log in one epoch, as it really was. */
export class LogTruth {
  readonly byOffset = new Map<number, Log>();
  readonly byKey = new Store<Log[]>(() => []);
  readonly trims: EventOf<"trim">[] = [];

  /** The lowest offset kept at a moment; `undefined` when nobody wrote that down. */
  oldestAt(t: number): number {
    let oldest = 1;
    for (const trim of this.trims) if (trim.t !== undefined && trim.t <= t) oldest = trim.oldest;
    return oldest;
  }

  /** The highest offset committed by then. */
  topAt(t: number): number {
    let top = 0;
    for (const { offset, t: at } of this.byOffset.values()) {
      if (at !== undefined && at <= t && offset > top) top = offset;
    }
    return top;
  }
}

/** What is true of a run: the logs, and what everybody must know in the end. */
export class Truth {
  readonly #logs = new Store<LogTruth>(() => new LogTruth());
  readonly #epochs: EventOf<"epoch">[] = [];
  readonly tops = new Map<string, EventOf<"top">>();
  readonly present = new Map<string, ReadonlySet<string>>();
  readonly typists = new Map<string, ReadonlySet<string>>();
  readonly kept: EventOf<"kept">[] = [];
  readonly wants: EventOf<"want">[] = [];

  constructor(events: readonly RunEvent[]) {
    for (const event of events) this.#take(event);
  }

  log(room: string, epoch: string): LogTruth {
    return this.#logs.of(`${room} ${epoch}`);
  }

  logs(): Iterable<LogTruth> {
    return this.#logs.values();
  }

  /** The epoch of the store at a moment; `undefined` when nobody wrote that down. */
  epochAt(t: number): string | undefined {
    return this.#epochs.findLast((event) => event.t !== undefined && event.t <= t)?.epoch;
  }

  /** True when the log lines are known to lack this message because it was trimmed before they were written. */
  gone(room: string, epoch: string, offset: number): boolean {
    const top = this.tops.get(room);
    return top?.epoch === epoch && top.oldest !== undefined && offset < top.oldest;
  }

  #take(event: RunEvent): void {
    switch (event.ev) {
      case "log": {
        const log = this.log(event.room, event.epoch);
        log.byOffset.set(event.offset, event);
        log.byKey.of(keyOf(event)).push(event);
        return;
      }
      case "trim":
        return void this.log(event.room, event.epoch).trims.push(event);
      case "epoch":
        return void this.#epochs.push(event);
      case "top":
        return void this.tops.set(event.room, event);
      case "present":
        return void this.present.set(event.room, new Set(event.users));
      case "typists":
        return void this.typists.set(event.room, new Set(event.users));
      case "kept":
        return void this.kept.push(event);
      case "want":
        return void this.wants.push(event);
    }
  }
}

/** The idempotency key within one room. */
export function keyOf({ user, messageId }: { readonly user: string; readonly messageId: string }): string {
  return `${user} ${messageId}`;
}
