import type { EventOf, RunEvent } from "../events.ts";
import type { Delivery } from "./delivery.ts";
import { type Judge, type Report, Store } from "./judge.ts";
import type { Truth } from "./truth.ts";

interface Mark {
  readonly epoch: string;
  readonly upTo: number;
}

/** A4: read marks only move forward, what was acked is kept, and in the end everybody agrees. */
export class Marks implements Judge {
  readonly #truth: Truth;
  readonly #delivery: Delivery;
  readonly #report: Report;
  /** by client and room: the marks it was told of since it joined */
  readonly #known = new Store<Map<string, Mark>>(() => new Map());
  /** by client and room: the highest mark it was ever told, for each user and epoch */
  readonly #highest = new Store<Map<string, number>>(() => new Map());
  /** by connection and messageId: how far it wants to move its mark */
  readonly #asked = new Map<string, number>();
  readonly #acked: EventOf<"marked">[] = [];
  readonly #users = new Map<string, string>();

  constructor(truth: Truth, delivery: Delivery, report: Report) {
    this.#truth = truth;
    this.#delivery = delivery;
    this.#report = report;
  }

  see(event: RunEvent): void {
    switch (event.ev) {
      case "open":
        return void this.#users.set(event.conn, event.user);
      case "joined":
        // another node may be a moment behind the one the client comes from
        this.#known.delete(`${event.client} ${event.room}`);
        this.#highest.delete(`${event.client} ${event.room}`);
        for (const { userId, upTo } of event.read) this.#told(event, userId, { epoch: event.epoch, upTo });
        return;
      case "read":
        return this.#told(event, event.user, event);
      case "mark":
        return void this.#asked.set(`${event.conn} ${event.messageId}`, event.upTo);
      case "marked": {
        const asked = this.#asked.get(`${event.conn} ${event.messageId}`) ?? 0;
        if (event.upTo < asked) {
          this.#report(
            "A4",
            `${event.conn} moved its mark in ${event.room} to ${asked}, and is told ${event.upTo}`,
          );
        }
        return void this.#acked.push(event);
      }
    }
  }

  end(): void {
    const kept = new Map(this.#truth.kept.map((mark) => [`${mark.room} ${mark.user}`, mark]));
    for (const { conn, room, epoch, upTo } of this.#acked) {
      if (this.#truth.tops.get(room)?.epoch !== epoch) continue;
      const mark = kept.get(`${room} ${this.#users.get(conn)}`)?.upTo ?? 0;
      if (mark < upTo) {
        this.#report("A4", `${conn} was told that its mark in ${room} is ${upTo}, but ${mark} is kept`);
      }
    }
    for (const { client, room } of this.#truth.wants) {
      const top = this.#truth.tops.get(room);
      if (!top || !this.#delivery.isIn(client, room)) continue;
      const known = this.#known.of(`${client} ${room}`);
      // a client knows the marks of those it sees in the room
      for (const user of this.#truth.present.get(room) ?? []) {
        const mark = kept.get(`${room} ${user}`)?.upTo ?? 0;
        const told = known.get(user);
        const seen = told?.epoch === top.epoch ? told.upTo : 0;
        if (seen !== mark) {
          this.#report("A4", `${client} sees ${user}'s mark in ${room} at ${seen}, but it is at ${mark}`);
        }
      }
    }
  }

  #told(
    { client, room }: { readonly client: string; readonly room: string },
    user: string,
    mark: Mark,
  ): void {
    const { epoch, upTo } = mark;
    this.#known.of(`${client} ${room}`).set(user, mark);
    const highest = this.#highest.of(`${client} ${room}`);
    const key = `${user} ${epoch}`;
    const before = highest.get(key) ?? 0;
    if (upTo < before) {
      this.#report("A4", `${client} saw ${user}'s mark in ${room} go back from ${before} to ${upTo}`);
    } else highest.set(key, upTo);
  }
}
