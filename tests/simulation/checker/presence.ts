import type { RunEvent } from "../events.ts";
import type { Delivery } from "./delivery.ts";
import { type Judge, type Report, Store } from "./judge.ts";
import type { Truth } from "./truth.ts";

/** I7: in the end everybody knows who is there; and J4, that nobody types who does not. */
export class Presence implements Judge {
  readonly #truth: Truth;
  readonly #delivery: Delivery;
  readonly #report: Report;
  /** by client and room */
  readonly #users = new Store<Set<string>>(() => new Set());
  readonly #typists = new Store<Set<string>>(() => new Set());

  constructor(truth: Truth, delivery: Delivery, report: Report) {
    this.#truth = truth;
    this.#delivery = delivery;
    this.#report = report;
  }

  see(event: RunEvent): void {
    switch (event.ev) {
      case "joined":
        this.#users.set(keyOf(event), new Set(event.users));
        this.#typists.delete(keyOf(event));
        return;
      case "users":
        return void this.#users.set(keyOf(event), new Set(event.users));
      case "came":
        return void this.#users.of(keyOf(event)).add(event.user);
      case "went":
        return void this.#users.of(keyOf(event)).delete(event.user);
      case "typing":
        if (event.typing) this.#typists.of(keyOf(event)).add(event.user);
        else this.#typists.of(keyOf(event)).delete(event.user);
    }
  }

  end(): void {
    for (const { client, room } of this.#truth.wants) {
      if (!this.#delivery.isIn(client, room)) continue;
      const key = keyOf({ client, room });
      this.#compare("I7", `${client} sees in ${room}`, this.#users.of(key), this.#truth.present.get(room));
      this.#compare(
        "J4",
        `${client} sees typing in ${room}`,
        this.#typists.of(key),
        this.#truth.typists.get(room),
      );
    }
  }

  #compare(
    rule: string,
    what: string,
    seen: ReadonlySet<string>,
    there: ReadonlySet<string> | undefined,
  ): void {
    if (!there || (seen.size === there.size && [...seen].every((user) => there.has(user)))) return;
    this.#report(rule, `${what}: ${list(seen)}, but there: ${list(there)}`);
  }
}

function keyOf({ client, room }: { readonly client: string; readonly room: string }): string {
  return `${client} ${room}`;
}

function list(users: Iterable<string>): string {
  return [...users].sort().join(", ") || "nobody";
}
