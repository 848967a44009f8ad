import { MESSAGE_ID } from "../protocol/wire.ts";
import type { ErrorCode } from "../protocol/wire.ts";
import { type LocalCode, RelayError, type RelayErrorOptions } from "./errors.ts";
import type { Lane } from "./lane.ts";
import type { Report } from "./observable.ts";
import type { Settings } from "./settings.ts";
import type { OutboxItem, OutboxStore } from "./types.ts";

/** What the lanes of all rooms share: the cap, the store, and how much one envelope may hold. */
export interface Outbox {
  /** as the welcome said */
  maxBytes: number;
  /** False until it is known what an earlier visit left: that has to go first. */
  readonly ready: boolean;
  /** A room's lane opens: what an earlier visit left for it is restored, now and when the store was read. */
  enter(roomId: string, lane: Lane): void;
  leave(lane: Lane): void;
  /** Takes in a copy and measures it. Throws when there is no room or it cannot be written. */
  claim(item: OutboxItem): { item: OutboxItem; bytes: number };
  /** The item is held no longer. */
  release(messageId: string): void;
  /** Keeps an item over a reload. */
  keep(item: OutboxItem): void;
  /** Nothing has to be done for it any more, by this visit or a later one. */
  drop(messageId: string): void;
}

export function createOutbox(
  { codec, limits }: Settings,
  store: OutboxStore | undefined,
  report: Report,
): Outbox {
  const lanes = new Map<Lane, string>();
  const held = new Set<string>();
  /** what an earlier visit left for rooms that are not joined yet */
  let left: OutboxItem[] = [];
  let ready = !store;
  /** the store is asked one thing after another; what fails is reported, and sending goes on without it */
  let storing = Promise.resolve();
  const ask = (job: (store: OutboxStore) => Promise<void>) => {
    if (store) storing = storing.then(() => job(store)).catch(report);
  };

  ask(async (store) => {
    try {
      left = await store.load();
    } finally {
      ready = true;
      lanes.forEach(restore);
    }
  });

  function restore(roomId: string, lane: Lane) {
    const items = left.filter((item) => item.roomId === roomId);
    left = left.filter((item) => item.roomId !== roomId);
    lane.restore(items);
  }

  return {
    maxBytes: Infinity,
    get ready() {
      return ready;
    },
    enter(roomId, lane) {
      lanes.set(lane, roomId);
      restore(roomId, lane);
    },
    leave: (lane) => void lanes.delete(lane),
    claim(original) {
      const { messageId, type } = original;
      const refuse = (code: ErrorCode | LocalCode, fact: string, options?: RelayErrorOptions): never => {
        throw new RelayError(code, `Cannot send: ${fact}`, options);
      };
      if (!MESSAGE_ID.test(messageId)) refuse("bad_request", `"${messageId}" is no messageId`);
      if (held.has(messageId)) refuse("conflict", `"${messageId}" is here already`);
      if (held.size >= limits.max) refuse("outbox_full", `${held.size} wait`, { retryable: true });
      try {
        // what is tried again later is what was given now
        const item = structuredClone(original);
        const bytes = new Blob([codec.encode({ type, payload: item.payload, messageId })]).size;
        held.add(messageId);
        return { item, bytes };
      } catch (cause) {
        return refuse("bad_request", "not plain data", { cause });
      }
    },
    release: (messageId) => void held.delete(messageId),
    keep: (item) => ask((store) => store.put(item)),
    drop: (messageId) => ask((store) => store.delete(messageId)),
  };
}
