import type { EventOf, Logged, RunEvent } from "../events.ts";
import type { Judge, Report } from "./judge.ts";
import type { Truth } from "./truth.ts";

/** A node may promise from memory what the store trimmed with a commit the node is only about to hear of. */
const LAG_MS = 300;

/** One client in one room. */
interface Reader {
  /** the connection it is in the room on */
  conn: string | undefined;
  user: string;
  echo: boolean;
  epoch: string;
  /** the offset up to which it has everything since the segment began */
  offset: number;
  /** up to here a replay was promised, by a join that was sent at `askedT` */
  promised: { readonly upTo: number; readonly askedT: number } | undefined;
}

/** I2, I3, I4: everything once, in order, as it is stored, or the word that it is not so. R2, R6: the truth of it. */
export class Delivery implements Judge {
  readonly #truth: Truth;
  readonly #report: Report;
  readonly #readers = new Map<string, Reader>();
  readonly #users = new Map<string, string>();
  readonly #joins = new Map<string, EventOf<"join">>();

  constructor(truth: Truth, report: Report) {
    this.#truth = truth;
    this.#report = report;
  }

  /** Whether a client is in a room now. */
  isIn(client: string, room: string): boolean {
    return this.#readers.get(`${client} ${room}`)?.conn !== undefined;
  }

  see(event: RunEvent): void {
    switch (event.ev) {
      case "open":
        return void this.#users.set(event.conn, event.user);
      case "close":
        return this.#closed(event);
      case "join":
        return void this.#joins.set(`${event.conn} ${event.messageId}`, event);
      case "joined":
        return this.#joined(event);
      case "left": {
        const reader = this.#readers.get(`${event.client} ${event.room}`);
        if (reader) reader.conn = undefined;
        return;
      }
      case "recv":
        return this.#received(event);
      case "page":
        return this.#paged(event);
      case "reset":
        return this.#reset(event);
      case "unreadable":
        return this.#report("E", `${event.conn} got something that is no envelope: ${event.frame}`);
    }
  }

  end(): void {
    for (const { client, room } of this.#truth.wants) {
      const top = this.#truth.tops.get(room);
      if (!top) continue;
      const reader = this.#readers.get(`${client} ${room}`);
      if (reader?.conn === undefined) {
        this.#report("I4", `${client} wants to be in ${room}, but is not`);
        continue;
      }
      const next = this.#next(room, reader);
      if (reader.epoch !== top.epoch || next !== top.offset + 1) {
        this.#report(
          "I4",
          `${client} stands at ${reader.epoch}.${next - 1} of ${room}, its top is ${top.epoch}.${top.offset}`,
        );
      }
    }
  }

  #closed({ client, conn }: EventOf<"close">): void {
    for (const [key, reader] of this.#readers) {
      if (key.startsWith(`${client} `) && reader.conn === conn) reader.conn = undefined;
    }
  }

  #joined(joined: EventOf<"joined">): void {
    const { client, conn, room, messageId, epoch, from, offset } = joined;
    const asked = this.#joins.get(`${conn} ${messageId}`);
    if (!asked) return;
    if (from > offset) this.#report("J1", `${conn} joined ${room} from ${from}, above the top ${offset}`);
    const known = this.#readers.get(`${client} ${room}`);
    // joining again answers again and replays nothing
    if (known?.conn === conn) {
      if (from !== offset) this.#report("J1", `${conn} joined ${room} again, and is promised a replay`);
      return;
    }
    if (asked.since) this.#resumed(asked, asked.since, joined);
    else this.#began(asked, joined);
    this.#readers.set(`${client} ${room}`, {
      conn,
      user: this.#users.get(conn) ?? "",
      echo: asked.echo,
      epoch,
      offset: from,
      promised: { upTo: offset, askedT: asked.t },
    });
  }

  /** R2: all of it, or the word that it is not there; and that only when it is not. */
  #resumed(
    { t: askedT }: EventOf<"join">,
    since: { readonly epoch: string; readonly offset: number },
    { conn, room, epoch, from, offset, recovered, t }: EventOf<"joined">,
  ): void {
    const at = `${since.epoch}.${since.offset}`;
    if (recovered === undefined) {
      return this.#report("R2", `${conn} resumed ${room} and is not told whether it did`);
    }
    if (recovered) {
      if (since.epoch !== epoch || since.offset !== from) {
        this.#report("R2", `${conn} resumed ${room} at ${at}, but recovered from ${epoch}.${from}`);
      }
      return;
    }
    if (from !== offset) {
      this.#report(
        "R2",
        `${conn} did not recover ${room}, but is promised a part: from ${from} to ${offset}`,
      );
    }
    if (this.#truth.epochAt(askedT) !== since.epoch || this.#truth.epochAt(t) !== since.epoch) return;
    const log = this.#truth.log(room, since.epoch);
    if (since.offset <= log.topAt(askedT) && since.offset + 1 >= log.oldestAt(t)) {
      this.#report("R2", `${conn} was told that ${room} could not be resumed at ${at}, though it could`);
    }
  }

  /** R3: the last few first. */
  #began(
    { history }: EventOf<"join">,
    { conn, room, epoch, from, offset, recovered, t }: EventOf<"joined">,
  ): void {
    if (recovered !== undefined) this.#report("R2", `${conn} joined ${room} afresh and is told it recovered`);
    if (offset - from > history) {
      this.#report("R3", `${conn} asked for ${history} of ${room}, and is promised ${offset - from}`);
    }
    if (this.#truth.epochAt(t) === undefined) return;
    const possible = Math.max(offset - history, this.#truth.log(room, epoch).oldestAt(t) - 1);
    if (from > Math.min(possible, offset)) {
      this.#report("R3", `${conn} asked for ${history} of ${room}, and got only ${offset - from}`);
    }
  }

  #received(event: EventOf<"recv">): void {
    const { client, conn, room, epoch, offset, user } = event;
    this.#isStored(event, event.t, conn);
    const reader = this.#readers.get(`${client} ${room}`);
    if (reader?.conn !== conn) {
      return this.#report("I3", `${conn} received ${offset} of ${room} without being in it`);
    }
    if (!reader.echo && user === reader.user) {
      this.#report("J1", `${conn} received its own ${offset} of ${room} though it joined with echo:false`);
    }
    if (epoch !== reader.epoch) {
      this.#report(
        "I3",
        `${conn} received ${epoch}.${offset} of ${room} while it was in epoch ${reader.epoch}`,
      );
    }
    const next = this.#next(room, reader);
    if (offset !== next) {
      const what = offset < next ? "again" : "too early";
      this.#report("I3", `${conn} received ${offset} of ${room} ${what}: the next one is ${next}`);
    }
    reader.epoch = epoch;
    reader.offset = offset;
  }

  #paged({ conn, entries, t }: EventOf<"page">): void {
    for (const [n, entry] of entries.entries()) {
      this.#isStored(entry, t, conn);
      const before = entries[n - 1];
      if (before && before.offset + 1 !== entry.offset) {
        this.#report("I3", `${conn} got a page with ${entry.offset} after ${before.offset}`);
      }
    }
  }

  /** I2: nobody reads what is not in the log, or not in it like this, or not in it yet. */
  #isStored({ room, epoch, offset, id, user, messageId, body }: Logged, t: number, conn: string): void {
    const entry = this.#truth.log(room, epoch).byOffset.get(offset);
    if (!entry) {
      if (this.#truth.gone(room, epoch, offset)) return;
      return this.#report(
        "I2",
        `${conn} read ${messageId} at ${room} ${epoch}.${offset}, where nothing is stored`,
      );
    }
    const same = entry.id === id && entry.user === user && entry.messageId === messageId &&
      entry.body === body;
    if (!same) {
      this.#report(
        "I2",
        `${conn} read ${user} ${messageId} at ${room} ${epoch}.${offset}, but ${entry.user} ${entry.messageId} ` +
          "is stored there",
      );
    }
    if (entry.t !== undefined && t < entry.t) {
      this.#report("A1", `${conn} read ${messageId} ${entry.t - t} ms before it was stored`);
    }
  }

  #reset({ client, conn, room, epoch, offset, reason, t }: EventOf<"reset">): void {
    const reader = this.#readers.get(`${client} ${room}`);
    if (reader?.conn !== conn) {
      return this.#report("R6", `${conn} got a reset of ${room} without being in it`);
    }
    const next = reader.offset + 1;
    if (reason === "epoch" && epoch === reader.epoch) {
      this.#report("R6", `${conn} got a reset of ${room} for a new epoch, but it is the old one`);
    }
    if (reason === "trimmed") {
      const { promised } = reader;
      const log = this.#truth.log(room, reader.epoch);
      if (epoch !== reader.epoch || offset < next) {
        this.#report(
          "R6",
          `${conn} got a reset of ${room} to ${epoch}.${offset}, it needs ${reader.epoch}.${next}`,
        );
      }
      if (this.#truth.epochAt(t) !== undefined && log.oldestAt(t) <= next) {
        this.#report("R6", `${conn} got a reset of ${room}, but nothing of what it needs was trimmed`);
      }
      const missed = this.#next(room, reader);
      if (promised && missed <= promised.upTo && missed < log.oldestAt(promised.askedT - LAG_MS)) {
        this.#report(
          "R2",
          `${conn} was promised ${missed} to ${promised.upTo} of ${room}, but that was trimmed before it asked`,
        );
      }
    }
    reader.epoch = epoch;
    reader.offset = offset;
    reader.promised = undefined;
  }

  /** The offset that must come next: one's own are left out without echo. */
  #next(room: string, { epoch, offset, echo, user }: Reader): number {
    let next = offset + 1;
    if (echo) return next;
    const { byOffset } = this.#truth.log(room, epoch);
    while (byOffset.get(next)?.user === user) next++;
    return next;
  }
}
