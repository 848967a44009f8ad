import type * as Y from "yjs";
import { toBase64 } from "../../protocol/base64.ts";
import type { DocumentSnapshot, JoinedRoom, RemoteChange } from "../../protocol/messages.ts";
import { systemClock } from "../environment.ts";
import { RelayError } from "../errors.ts";
import { createValue } from "../observable.ts";
import type { ClientClock, Observable, Relay, Room } from "../types.ts";
import { type AwarenessLike, shareCursors } from "./cursors.ts";
import { type Cutter, pieces } from "./pieces.ts";
import { bytesOf, Reception } from "./reception.ts";

/** The `yjs` module, as the application imports it. */
export type YjsModule =
  & Cutter
  & Pick<typeof Y, "Doc" | "applyUpdate" | "encodeStateAsUpdate" | "encodeStateVector" | "mergeUpdates">;

/** A document of that module. */
export type YDoc = InstanceType<YjsModule["Doc"]>;

/** What a provider is made of. */
export interface ProviderOptions {
  /** the application's Yjs */
  readonly yjs: YjsModule;
  /** what it keeps level with the server; whatever is in it when the provider is made is brought along */
  readonly doc: YDoc;
  /** who is where in it; nobody is told, without one */
  readonly awareness?: AwarenessLike;
  /** time, for tests */
  readonly clock?: ClientClock;
}

/** How a document stands to the server's. */
export interface DocumentState {
  /** everything that the server had when we came, or came back, is here */
  readonly synced: boolean;
  /** all changes of one's own are stored */
  readonly saved: boolean;
  /** how many changes the document has seen: the offset of the last one */
  readonly version: number;
  /** why one's own changes are not stored; the next change tries again */
  readonly problem: RelayError | undefined;
}

/** What a change may have, however large an envelope may be. [F3] */
const MAX_CHANGE_BYTES = 45_000;
/** Of an envelope: all but the change. */
const ENVELOPE_BYTES = 600;
/** The wait before what the SDK gave up is sent again, and before a refused change is compared anew. */
const AGAIN_MS = 1_000;
/** Own changes are kept one by one up to so many, and as one beyond. */
const MAX_QUEUE = 100;

/** Keeps a Yjs document level with the one on the relay, over as many connections as it takes. [F3] */
export class DenbunProvider {
  /** what follows `document:` in the room's id */
  readonly documentId: string;
  /** the document */
  readonly doc: YDoc;
  readonly #relay: Relay;
  readonly #options: ProviderOptions;
  readonly #clock: ClientClock;
  readonly #state;
  #room: Room;
  #stops: (() => void)[] = [];
  #reception: Reception | undefined;
  /** the top of the log when we came, or came back */
  #top = 0;
  /** own changes that nobody was sent, oldest first */
  #queue: Uint8Array[] = [];
  /** the one that waits for its ack */
  #flying: Uint8Array | undefined;
  #again: (() => void) | undefined;
  #destroyed = false;

  /** Joins `document:<documentId>`. The relay stays the application's to close. */
  constructor(relay: Relay, documentId: string, options: ProviderOptions) {
    this.documentId = documentId;
    this.doc = options.doc;
    this.#relay = relay;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const first: DocumentState = { synced: false, saved: true, version: 0, problem: undefined };
    this.#state = createValue(first, (error) => {
      // a listener's own affair, and still to be seen
      queueMicrotask(() => {
        throw error;
      });
    });
    this.#room = this.#enter();
    this.doc.on("update", this.#changed);
  }

  /** How the document stands to the server's. */
  get state(): Observable<DocumentState> {
    return this.#state;
  }

  /** The room: who is in it, and whether we are. It is another one after the server's log broke. */
  get room(): Room {
    return this.#room;
  }

  /** Leaves the room. What is not stored yet stays in the document alone. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.doc.off("update", this.#changed);
    this.#exit();
  }

  #enter(): Room {
    const room = this.#relay.room(`document:${this.documentId}`);
    const { awareness } = this.#options;
    this.#room = room;
    this.#stops = [
      room.on("joined_room", (joined) => this.#joined(joined)),
      room.on<"document_snapshot", DocumentSnapshot>(
        "document_snapshot",
        (part) => this.#reception?.part(part),
      ),
      room.on<"remote_change", RemoteChange>("remote_change", (change) => this.#heard(change)),
      // something is missing before what comes next: the snapshot has it
      room.on("reset", ({ reason }) => void (reason === "forbidden" || this.#rejoin())),
      room.state.subscribe((state) => {
        if (state.status === "joining") this.#set({ synced: false });
        if (state.status === "refused") this.#set({ synced: false, problem: state.error });
      }),
    ];
    if (awareness) {
      this.#stops.push(shareCursors(room, { documentId: this.documentId, awareness, clock: this.#clock }));
    }
    return room;
  }

  #exit(): void {
    this.#again?.();
    this.#again = undefined;
    for (const stop of this.#stops) stop();
    this.#reception?.close();
    this.#reception = undefined;
    // what becomes of it nobody hears any more: comparing will tell
    if (this.#flying) this.#queue.unshift(this.#flying);
    this.#flying = undefined;
    this.#room.leave();
  }

  /** Begins anew with a snapshot: what is missing here and what is missing there comes out by comparing. */
  #rejoin(): void {
    if (this.#destroyed) return;
    this.#exit();
    this.#set({ synced: false });
    this.#enter();
  }

  #joined({ recovered, offset }: JoinedRoom): void {
    this.#top = offset;
    if (recovered) {
      // the connection ended among the parts
      if (this.#reception && !this.#reception.isWhole) return this.#rejoin();
      return this.#level();
    }
    const { yjs, doc } = this.#options;
    this.#reception?.close();
    this.#reception = new Reception({ yjs, doc, clock: this.#clock }, {
      take: (update) => this.#take(update),
      whole: () => this.#level(),
      broken: () => this.#rejoin(),
    });
  }

  #heard({ changes, offset }: RemoteChange): void {
    this.#take(bytesOf(changes));
    this.#set({ version: offset });
    this.#level();
  }

  #take(update: Uint8Array): void {
    try {
      this.#options.yjs.applyUpdate(this.doc, update, this);
      this.#reception?.saw(update);
    } catch {
      // nobody can integrate it: what follows is not affected, and the next snapshot is without it [F3]
    }
  }

  /** Everything that was there at the join may be here now. */
  #level(): void {
    if (this.#state.snapshot.synced) return;
    const { offset = 0 } = this.#room.position.snapshot ?? {};
    if (offset < this.#top || this.#reception && !this.#reception.isWhole) return;
    // what flies is missing there, too, as long as it is not stored
    this.#queue = this.#reception?.missing() ?? this.#queue;
    this.#reception = undefined;
    this.#set({ synced: true, version: offset, problem: undefined });
    this.#send();
  }

  readonly #changed = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    this.#queue.push(update);
    if (this.#queue.length > MAX_QUEUE) this.#queue = [this.#options.yjs.mergeUpdates(this.#queue)];
    this.#set({});
    // what was refused may be gone from the document by now, and what is left of it is found by comparing
    if (this.#state.snapshot.problem) this.#later(() => this.#rejoin());
    else this.#send();
  };

  #send(): void {
    const { synced, problem } = this.#state.snapshot;
    if (!synced || problem || this.#flying || this.#again || this.#queue.length === 0) return;
    const { yjs } = this.#options;
    const [next, ...rest] = pieces(yjs, yjs.mergeUpdates(this.#queue), this.#maxBytes);
    this.#queue = rest;
    this.#flying = next;
    const { documentId } = this;
    const version = this.#state.snapshot.version + 1;
    const room = this.#room;
    room.post("document_change", { documentId, changes: toBase64(next!), version }).then(
      () => this.#landed(room, undefined),
      (error: RelayError) => this.#landed(room, error),
    );
  }

  #landed(room: Room, error: RelayError | undefined): void {
    if (room !== this.#room || this.#destroyed) return;
    if (error) this.#queue.unshift(this.#flying!);
    this.#flying = undefined;
    if (error && !isPassing(error)) return this.#set({ problem: error });
    this.#set({});
    if (error) this.#later(() => this.#send());
    else this.#send();
  }

  #later(run: () => void): void {
    this.#again ??= this.#clock.after(AGAIN_MS, () => {
      this.#again = undefined;
      run();
    });
  }

  get #maxBytes(): number {
    const most = Math.floor((this.#relay.maxMessageBytes - ENVELOPE_BYTES) * 3 / 4);
    return Math.min(MAX_CHANGE_BYTES, most);
  }

  #set(change: Partial<DocumentState>): void {
    const before = this.#state.snapshot;
    const saved = this.#queue.length === 0 && this.#flying === undefined;
    const after = { ...before, ...change, saved };
    const isSame = (Object.keys(after) as (keyof DocumentState)[]).every((key) => after[key] === before[key]);
    if (!isSame) this.#state.set(after);
  }
}

/** Whether the same change may be stored a little later. */
function isPassing({ code, retryable }: RelayError): boolean {
  return retryable || code === "timeout" || code === "gave_up";
}
