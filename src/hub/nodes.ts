import type { News } from "./news.ts";
import { OwnPause } from "./own_pause.ts";
import type { Backplane, Cancel, Clock } from "./ports.ts";
import type { Room } from "./room.ts";

/** How often a node says that it is there. */
const HEARTBEAT_MS = 5000;
/** A node that was silent this long is gone. */
const SILENT_MS = 20_000;
/** How often a node repeats who is in its rooms, for whom it did not reach. */
const REPEAT_MS = 10_000;
/** How long a room that opens waits to hear from the other nodes who is in it. */
const ANSWER_MS = 100;

interface Other {
  heardMs: number;
}

interface Asking {
  readonly awaited: Set<string>;
  readonly done: () => void;
}

/** The other nodes: which are there, and who is in the rooms through them. [J2] */
export class Nodes {
  readonly nodeId: string;
  readonly #clock: Clock;
  readonly #backplane: Backplane;
  readonly #rooms: () => Iterable<Room>;
  readonly #others = new Map<string, Other>();
  readonly #asking = new Map<string, Asking>();
  readonly #pause: OwnPause;
  #version = 0;
  #heartbeat: Cancel;
  #repeat: Cancel;

  constructor(nodeId: string, deps: { clock: Clock; backplane: Backplane; rooms: () => Iterable<Room> }) {
    this.nodeId = nodeId;
    this.#clock = deps.clock;
    this.#backplane = deps.backplane;
    this.#rooms = deps.rooms;
    this.#pause = new OwnPause(HEARTBEAT_MS, this.#clock.monotonic());
    this.#heartbeat = this.#clock.after(HEARTBEAT_MS, this.#beat);
    this.#repeat = this.#clock.after(REPEAT_MS, this.#repeatAll);
    this.#backplane.publish({ kind: "node", nodeId });
  }

  /** The other nodes that are there. */
  get ids(): ReadonlySet<string> {
    return new Set(this.#others.keys());
  }

  /** How many other nodes are there. */
  get count(): number {
    return this.#others.size;
  }

  /** Tells the other nodes who is in a room through this one. */
  announce(room: Room): void {
    // who comes is told all of it at once
    if (this.#others.size === 0) return;
    const version = ++this.#version;
    this.#backplane.publish({
      kind: "presence",
      nodeId: this.nodeId,
      version,
      roomId: room.id,
      users: room.presence.here(),
    });
  }

  /** News may have been missed, and ours not heard: everything is said and asked again. */
  again(): void {
    this.#backplane.publish({ kind: "node", nodeId: this.nodeId });
    this.#repeatNow();
  }

  /** Asks the other nodes who is in a room that opens here. Resolves once they answered, or soon anyway. */
  async ask(roomId: string): Promise<void> {
    if (this.#others.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ANSWER_MS, resolve);
      const done = () => (cancel(), resolve());
      this.#asking.set(roomId, { awaited: new Set(this.#others.keys()), done });
      this.#backplane.publish({ kind: "presence_wanted", nodeId: this.nodeId, roomId });
    });
    this.#asking.delete(roomId);
  }

  /** Takes news of a node. */
  heard(news: Extract<News, { nodeId: string }>, room: Room | undefined): void {
    const { nodeId } = news;
    if (nodeId === this.nodeId) return;
    if (news.kind === "node_gone") return this.#lost(nodeId);
    this.#alive(nodeId);
    switch (news.kind) {
      case "node":
        return;
      case "presence": {
        room?.presence.heard(nodeId, news.version, news.users);
        const asking = this.#asking.get(news.roomId);
        asking?.awaited.delete(nodeId);
        if (asking?.awaited.size === 0) asking.done();
        return;
      }
      case "presence_wanted":
        return this.#answer(news.roomId, room);
    }
  }

  close(): void {
    this.#heartbeat();
    this.#repeat();
    this.#backplane.publish({ kind: "node_gone", nodeId: this.nodeId });
  }

  #answer(roomId: string, room: Room | undefined): void {
    if (room) return this.announce(room);
    const version = ++this.#version;
    this.#backplane.publish({ kind: "presence", nodeId: this.nodeId, version, roomId, users: [] });
  }

  #alive(nodeId: string): void {
    const known = this.#others.get(nodeId);
    if (known) {
      known.heardMs = this.#clock.monotonic();
      return;
    }
    this.#others.set(nodeId, { heardMs: this.#clock.monotonic() });
    // a new node does not know us either
    this.#backplane.publish({ kind: "node", nodeId: this.nodeId });
    for (const room of this.#rooms()) if (room.presence.hereCount > 0) this.announce(room);
  }

  #lost(nodeId: string): void {
    if (!this.#others.delete(nodeId)) return;
    for (const room of this.#rooms()) room.presence.lost(nodeId);
  }

  readonly #beat = (): void => {
    this.#heartbeat = this.#clock.after(HEARTBEAT_MS, this.#beat);
    this.#backplane.publish({ kind: "node", nodeId: this.nodeId });
    const nowMs = this.#clock.monotonic();
    if (!this.#pause.mayJudge(nowMs)) return;
    const silentSinceMs = nowMs - SILENT_MS;
    for (const [nodeId, { heardMs }] of this.#others) if (heardMs <= silentSinceMs) this.#lost(nodeId);
  };

  readonly #repeatAll = (): void => {
    this.#repeat = this.#clock.after(REPEAT_MS, this.#repeatAll);
    this.#repeatNow();
  };

  #repeatNow(): void {
    if (this.#others.size === 0) return;
    for (const room of this.#rooms()) {
      if (room.presence.hereCount > 0) this.announce(room);
      // a node that left the room says nothing of it any more by itself: if its last word was lost, ask
      if (room.presence.isShared) {
        this.#backplane.publish({ kind: "presence_wanted", nodeId: this.nodeId, roomId: room.id });
      }
    }
  }
}
