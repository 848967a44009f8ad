import { connect } from "../../src/client/mod.ts";
import type { Gap, NewMessage, Relay, Room, Saved } from "../../src/client/mod.ts";

export interface CrowdOptions {
  readonly clients: number;
  readonly rooms: number;
  /** how often one member of each room sends, in ms */
  readonly everyMs: number;
}

/** One user of the SDK, and everything it was told. */
class Member {
  readonly relay: Relay;
  readonly room: Room;
  readonly heard: NewMessage[] = [];
  readonly gaps: Gap[] = [];
  /** what it waited after each cut, in ms */
  readonly waits: number[] = [];

  constructor(url: string, name: string, roomId: string, changed: () => void) {
    this.relay = connect(url, { name, transports: ["ws"], ack: { retries: Infinity } });
    let wasOnline = false;
    this.relay.addEventListener("state", ({ detail }) => {
      if (wasOnline && detail.status === "reconnecting") this.waits.push(detail.retryInMs);
      wasOnline = detail.status === "online";
      changed();
    });
    this.relay.addEventListener("gap", ({ detail }) => void this.gaps.push(detail));
    this.room = this.relay.room(roomId);
    this.room.on("new_message", (message) => {
      this.heard.push(message);
      changed();
    });
    this.room.state.subscribe(changed);
  }

  get isBack(): boolean {
    return this.relay.state.status === "online" && this.room.state.snapshot.status === "joined";
  }
}

/** Many users of the SDK in some rooms, one of each room talking all the time. Ends with `using`. */
export class Crowd implements Disposable {
  readonly members: readonly Member[];
  readonly sent: { readonly roomId: string; readonly messageId: string; readonly saved: Promise<Saved> }[] =
    [];
  readonly #looks = new Set<() => void>();
  readonly #rooms: number;
  readonly #everyMs: number;
  #talking: ReturnType<typeof setInterval> | undefined;

  constructor(url: string, { clients, rooms, everyMs }: CrowdOptions) {
    this.#rooms = rooms;
    this.#everyMs = everyMs;
    const changed = () => {
      for (const look of this.#looks) look();
    };
    this.members = Array.from(
      { length: clients },
      (_, n) => new Member(url, `member-${n}`, `room-${n % rooms}`, changed),
    );
  }

  /** Resolves when it is so. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Resolves when everybody is online and in the room. */
  allBack(): Promise<void> {
    return this.until(() => this.members.every(({ isBack }) => isBack));
  }

  /** One member of each room begins to talk, and does not stop for a restart. */
  talk(): void {
    this.#talking = setInterval(() => {
      for (const { room } of this.members.slice(0, this.#rooms)) {
        const messageId = crypto.randomUUID();
        const saved = room.send(`message ${this.sent.length}`, { messageId });
        saved.catch(() => {});
        this.sent.push({ roomId: room.id, messageId, saved });
      }
    }, this.#everyMs);
  }

  /** Ends the talk; resolves when all of it is acknowledged and everybody has heard the last of it. */
  async silence(): Promise<ReadonlyMap<string, readonly Saved[]>> {
    clearInterval(this.#talking);
    const byRoom = new Map<string, Saved[]>();
    for (const { roomId, saved } of this.sent) {
      byRoom.set(roomId, [...byRoom.get(roomId) ?? [], await saved]);
    }
    const top = (roomId: string) => byRoom.get(roomId)?.at(-1)?.offset ?? 0;
    await this.until(() =>
      this.members.every(({ heard, room }) => (heard.at(-1)?.offset ?? 0) >= top(room.id))
    );
    return byRoom;
  }

  /** The waits since the last call. */
  takeWaits(): number[] {
    return this.members.flatMap(({ waits }) => waits.splice(0));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#talking);
    for (const { relay } of this.members) relay.close();
  }
}

/** Everything sent was stored once, and every member heard all of it from its first message on, once and in order. */
export function verdict(crowd: Crowd, stored: ReadonlyMap<string, readonly Saved[]>) {
  let [lost, doubled, disordered] = [0, 0, 0];
  for (const saved of stored.values()) {
    const offsets = saved.map(({ offset }) => offset);
    // the rooms are new: what is stored twice takes an offset that no ack names
    doubled += Math.max(...offsets) - new Set(offsets).size;
  }
  for (const { heard, room } of crowd.members) {
    const offsets = heard.map(({ offset }) => offset);
    const wanted = stored.get(room.id)!.map(({ offset }) => offset).filter((offset) => offset >= offsets[0]!);
    lost += wanted.filter((offset) => !offsets.includes(offset)).length;
    doubled += offsets.length - new Set(offsets).size;
    disordered += offsets.filter((offset, n) => n > 0 && offset < offsets[n - 1]!).length;
  }
  return { lost, doubled, disordered, gaps: crowd.members.flatMap(({ gaps }) => gaps).length };
}
