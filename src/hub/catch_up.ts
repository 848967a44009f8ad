import { seal } from "./seal.ts";
import type { Membership } from "./membership.ts";
import type { Stretch } from "./room_log.ts";
import type { LogItem } from "./tail.ts";

/** Messages handed over at once: also the most a batch frame may hold. [C1] */
const STEP = 100;

/**
 * Serves a member that is behind from the room's log, as far as its connection takes it, and makes it live once it
 * is level. Resume after a cut and recovery of a slow reader are this one walk. [R2] [R4]
 *
 * @returns a promise when it waits for the store; whoever called goes on when that settles
 */
export function catchUp(member: Membership, nowMs: number): Promise<void> | undefined {
  const { room, session } = member;
  while (member.pace === "behind" && session.outbox.writable) {
    if (member.opening.length > 0) {
      open(member);
    } else if (member.epoch !== room.log.epoch) {
      restart(member, room.log.cursor, "epoch", nowMs);
    } else if (member.sent >= room.log.cursor) {
      room.makeLive(member);
    } else {
      sayBehind(member, nowMs);
      const stretch = room.log.after(member.sent, STEP);
      if (stretch instanceof Promise) return stretch.then((late) => deliver(member, late, nowMs));
      deliver(member, stretch, nowMs);
    }
  }
  return undefined;
}

function deliver(member: Membership, stretch: Stretch, nowMs: number): void {
  const { room, session } = member;
  // while the store was asked the member may have left, or the log may have started anew
  if (member.pace !== "behind" || !room.has(member) || member.epoch !== room.log.epoch) return;
  if ("broken" in stretch) {
    const oldest = room.log.oldest - 1;
    restart(member, oldest > member.sent ? oldest : room.log.cursor, "trimmed", nowMs);
    return;
  }
  const items = upTo(stretch.items, session.limits.unsentBytes, ({ sealed }) => sealed.length);
  session.outbox.send(items.filter((item) => wanted(member, item)).map((item) => item.sealed));
  const last = items.at(-1);
  if (last) member.sent = last.offset;
  for (const item of items) member.sentLength += item.sealed.length;
  member.sentLength = Math.min(member.sentLength, room.length);
}

/** Sends what stands before the log, as much as fits into one go. */
function open(member: Membership): void {
  const { session, opening } = member;
  const part = upTo(opening, session.limits.unsentBytes, ({ length }) => length);
  session.outbox.send(part);
  member.opening = opening.slice(part.length);
}

/** As many items as fit into `maxLength`, but at least one: the rest waits in the log. [R4] */
function upTo<T>(items: readonly T[], maxLength: number, lengthOf: (item: T) => number): readonly T[] {
  let length = 0;
  const end = items.findIndex((item, at) => (length += lengthOf(item)) > maxLength && at > 0);
  return end === -1 ? items : items.slice(0, end);
}

function wanted(member: Membership, item: LogItem): boolean {
  return member.echo || item.userId !== member.userId;
}

/** Tells a reader with a long backlog that what follows comes late. [R4] */
function sayBehind(member: Membership, nowMs: number): void {
  const { room, session } = member;
  if (member.toldBehind || room.length - member.sentLength <= session.limits.behindBytes) return;
  member.toldBehind = true;
  session.outbox.reply(seal("behind", { roomId: room.id, epoch: member.epoch, offset: member.sent }, nowMs));
}

/** Tells a member that continuity is broken and where delivery goes on. [R6] */
function restart(member: Membership, offset: number, reason: "epoch" | "trimmed", nowMs: number): void {
  const { room, session } = member;
  member.epoch = room.log.epoch;
  member.sent = offset;
  session.outbox.reply(seal("reset", { roomId: room.id, epoch: member.epoch, offset, reason }, nowMs));
}
