import { dayKey } from "../../shared/format.ts";
import { isStored, type Message } from "./message.ts";
import type { Hole } from "./timeline.ts";

/** One line of the conversation, top to bottom. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly timeMs: number }
  | { readonly kind: "unread"; readonly key: string }
  | { readonly kind: "hole"; readonly key: string; readonly hole: Hole }
  | {
    readonly kind: "message";
    readonly key: string;
    readonly message: Message;
    /** begins a group: shows who speaks and when */
    readonly head: boolean;
    /** the one that follows in the group; `undefined` at its end */
    readonly next: Message | undefined;
  };

export interface RowsInput {
  /** stored ones in the order of the log, then those on their way */
  readonly messages: readonly Message[];
  readonly holes: readonly Hole[];
  /** the epochs in order, oldest first */
  readonly epochs: readonly string[];
  /** the unread line stands before the first message of others after this offset of the newest epoch */
  readonly unreadAfter: number | undefined;
  readonly me: string;
}

/** Messages of one sender closer together than this are one group. */
const GROUP_MS = 5 * 60_000;

/** Puts days, the unread line and notices of missing messages between the messages, and groups these by sender. */
export function buildRows({ messages, holes, epochs, unreadAfter, me }: RowsInput): Row[] {
  const rows: Row[] = [];
  let nextHole = 0;
  let lineDrawn = unreadAfter === undefined;
  let day = "";
  let previous: Message | undefined;

  const breakGroup = (row: Row) => {
    rows.push(row);
    previous = undefined;
  };

  for (const message of messages) {
    for (let hole = holes[nextHole]; hole && standsBefore(hole, message, epochs); hole = holes[++nextHole]) {
      breakGroup({ kind: "hole", key: `hole ${hole.id}`, hole });
    }
    const messageDay = dayKey(message.timeMs);
    if (messageDay !== day) {
      day = messageDay;
      breakGroup({ kind: "day", key: `day ${message.key}`, timeMs: message.timeMs });
    }
    if (!lineDrawn && message.userId !== me && isAfter(message, epochs.at(-1), unreadAfter!)) {
      lineDrawn = true;
      breakGroup({ kind: "unread", key: "unread" });
    }
    const head = !previous || previous.userId !== message.userId ||
      message.timeMs - previous.timeMs > GROUP_MS;
    const last = rows.at(-1);
    if (!head && last?.kind === "message") rows[rows.length - 1] = { ...last, next: message };
    rows.push({ kind: "message", key: message.key, message, head, next: undefined });
    previous = message;
  }
  for (const hole of holes.slice(nextHole)) rows.push({ kind: "hole", key: `hole ${hole.id}`, hole });
  return rows;
}

function standsBefore(hole: Hole, message: Message, epochs: readonly string[]): boolean {
  if (!isStored(message)) return true;
  const { epoch, offset } = message.delivery;
  const lives = epochs.indexOf(hole.epoch) - epochs.indexOf(epoch);
  return lives === 0 ? hole.from <= offset : lives < 0;
}

function isAfter(message: Message, epoch: string | undefined, offset: number): boolean {
  return isStored(message) && message.delivery.epoch === epoch && message.delivery.offset > offset;
}
