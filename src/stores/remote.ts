import type { Appended, Draft, Head, Page, PutOptions, PutResult, Range, Row, Store } from "../hub/ports.ts";
import { OwnPause } from "../hub/own_pause.ts";
import { unreachable } from "../hub/unreachable.ts";
import {
  type Answer,
  type Answers,
  type AppendAnswer,
  type Batch,
  BYE,
  draftTuple,
  entryOf,
  type HeadTuple,
  type LineMessage,
  type PageAnswer,
  type PutAnswer,
  type ReadCall,
  type RowTuple,
  type WriteCall,
} from "./calls.ts";
import { PendingCalls, type Waiter } from "./pending_calls.ts";
import { unavailable } from "./unavailable.ts";

export interface RemoteOptions {
  /** a call without an answer is given up after this: 5,000 ms */
  readonly timeoutMs?: number;
  /** calls on their way at once; above it they are refused: 16,384 */
  readonly maxPending?: number;
  /** the same in characters of text: 64 Mi */
  readonly maxPendingCharacters?: number;
}

/** Calls a batch takes at most, so that the other side is never blocked for long. */
const BATCH_CALLS = 1_024;

/** A store at the other end of a port that `SqliteStore.port()` gave, in any Worker of the same process. */
export function connectStore(line: MessagePort, options: RemoteOptions = {}): Store {
  return new RemoteStore(line, options);
}

interface Lane<Call> {
  calls: Call[];
  waiters: Waiter[];
}

/** Sends the calls of one turn together, and matches answers to calls. */
class RemoteStore implements Store {
  readonly #line: MessagePort;
  readonly #timeoutMs: number;
  readonly #pending: PendingCalls;
  readonly #writes: Lane<WriteCall> = { calls: [], waiters: [] };
  readonly #reads: Lane<ReadCall> = { calls: [], waiters: [] };
  #port: MessagePort | undefined;
  #batches = 0;
  #flushing = false;
  #unsentSinceMs = Infinity;
  /** the epoch of the answer that is being handled */
  #epoch = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closing: Promise<void> | undefined;
  #hungUp = false;

  constructor(line: MessagePort, options: RemoteOptions) {
    const { timeoutMs = 5_000, maxPending = 16_384, maxPendingCharacters = 64 * 2 ** 20 } = options;
    this.#timeoutMs = timeoutMs;
    this.#pending = new PendingCalls(maxPending, maxPendingCharacters);
    this.#line = line;
    line.onmessage = ({ data }: MessageEvent<LineMessage>) => this.#hear(data);
  }

  append(draft: Draft): Promise<Appended> {
    return this.#call(this.#writes, ["append", ...draftTuple(draft)], draft.body.length, (answer) => {
      const epoch = this.#epoch;
      const appended = answer as AppendAnswer;
      if (typeof appended === "number") return { outcome: "stored", id: draft.id, epoch, offset: appended };
      const [outcome, id, offset] = appended;
      return { outcome, id, epoch, offset };
    });
  }

  read(roomId: string, range: Range): Promise<Page> {
    return this.#call(this.#reads, ["read", roomId, range], 0, (answer) => {
      const [offset, oldest, entries] = answer as PageAnswer;
      return {
        roomId,
        epoch: this.#epoch,
        offset,
        oldest,
        entries: entries.map((entry) => entryOf(roomId, entry)),
      };
    });
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    return this.#call(this.#reads, ["heads", roomIds], 0, (answer) => {
      const epoch = this.#epoch;
      return (answer as readonly HeadTuple[]).map(([offset, oldest], n) => {
        return { roomId: roomIds[n]!, epoch, offset, oldest };
      });
    });
  }

  retain(roomId: string, offset: number): Promise<void> {
    return this.#call(this.#writes, ["retain", roomId, offset], 0, () => {});
  }

  get(table: string, key: string): Promise<Row | undefined> {
    return this.#call(this.#reads, ["get", table, key], 0, (answer) => {
      return answer === null ? undefined : rowOf(answer as RowTuple);
    });
  }

  list(table: string): Promise<Row[]> {
    return this.#call(
      this.#reads,
      ["list", table],
      0,
      (answer) => (answer as readonly RowTuple[]).map(rowOf),
    );
  }

  put(
    table: string,
    key: string,
    value: string,
    { ifVersion, ttlMs }: PutOptions = {},
  ): Promise<PutResult> {
    return this.#call(this.#writes, ["put", table, key, value, ifVersion, ttlMs], value.length, (answer) => {
      const [ok, version] = answer as PutAnswer;
      return { ok, version };
    });
  }

  delete(table: string, key: string): Promise<void> {
    return this.#call(this.#writes, ["delete", table, key], 0, () => {});
  }

  ready(): Promise<void> {
    return this.#call(this.#writes, ["ready"], 0, () => {});
  }

  close(): Promise<void> {
    return this.#closing ??= this.#pending.settled().then(() => this.#hangUp());
  }

  #call<Call, T>(
    lane: Lane<Call>,
    call: Call,
    characters: number,
    decode: (answer: Answer) => T,
  ): Promise<T> {
    if (this.#closing) return Promise.reject(unavailable(CLOSED));
    if (this.#pending.full) {
      return Promise.reject(unavailable("too many calls are waiting for the store", 1_000));
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve: (answer) => resolve(decode(answer)), reject, characters };
      lane.calls.push(call);
      lane.waiters.push(waiter);
      this.#pending.add(waiter);
      this.#flushSoon();
    });
  }

  #flushSoon(): void {
    this.#timer ??= this.#watch();
    if (this.#unsentSinceMs === Infinity) this.#unsentSinceMs = performance.now();
    if (this.#flushing || !this.#port) return;
    this.#flushing = true;
    // after the input that is already waiting: its calls go along
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (!this.#port) return;
    this.#unsentSinceMs = Infinity;
    this.#send("read", this.#reads);
    this.#send("write", this.#writes);
  }

  #send<Call>(name: Batch["lane"], lane: Lane<Call>): void {
    while (lane.calls.length > 0) {
      const calls = lane.calls.splice(0, BATCH_CALLS);
      const waiters = lane.waiters.splice(0, BATCH_CALLS);
      const batch = ++this.#batches;
      this.#pending.sent(batch, waiters, performance.now());
      this.#port!.postMessage({ batch, lane: name, calls });
    }
  }

  #hear(message: LineMessage): void {
    switch (message.kind) {
      case "connected":
        this.#connect(message.port);
        return;
      case "lost":
        this.#disconnect();
        return this.#pending.refuseSent("the store's Worker died");
      case "closed":
        this.#closing ??= Promise.resolve();
        return this.#hangUp();
      default:
        return unreachable(message);
    }
  }

  #connect(port: MessagePort): void {
    if (this.#closing && this.#pending.calls === 0) return port.close();
    this.#port = port;
    port.onmessage = ({ data: { batch, epoch, answers } }: MessageEvent<Answers>) => {
      this.#epoch = epoch;
      this.#pending.answer(batch, answers);
    };
    if (this.#pending.calls > 0) this.#flushSoon();
  }

  #disconnect(): void {
    this.#port?.close();
    this.#port = undefined;
  }

  /** Looks now and then for calls that have waited too long. After a pause of one's own answers are read first. */
  #watch(pause = new OwnPause(this.#timeoutMs / 4, performance.now())): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#timer = undefined;
      const nowMs = performance.now();
      if (pause.mayJudge(nowMs)) this.#giveUp(nowMs - this.#timeoutMs);
      if (this.#pending.calls > 0) this.#timer ??= this.#watch(pause);
    }, this.#timeoutMs / 4);
  }

  /** Refuses what is older: what of it was sent is unknown, the rest was never made. */
  #giveUp(overdueMs: number): void {
    const reason = `the store did not answer within ${this.#timeoutMs} ms`;
    this.#pending.refuseSent(reason, overdueMs);
    if (this.#unsentSinceMs <= overdueMs) this.#refuseUnsent(reason);
  }

  #refuseUnsent(reason: string): void {
    this.#unsentSinceMs = Infinity;
    for (const lane of [this.#reads, this.#writes]) {
      lane.calls.splice(0);
      this.#pending.refuse(lane.waiters.splice(0), reason);
    }
  }

  #hangUp(): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#pending.refuseSent(CLOSED);
    this.#refuseUnsent(CLOSED);
    clearTimeout(this.#timer);
    this.#port?.postMessage(BYE);
    this.#disconnect();
    this.#line.postMessage(BYE);
    this.#line.close();
  }
}

const CLOSED = "the store is closed";

function rowOf([key, value, version]: RowTuple): Row {
  return { key, value, version };
}
