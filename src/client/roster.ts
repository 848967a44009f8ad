/** How a room's stores follow what is said in it. Pure. */
import type { ReadMark, User } from "../protocol/messages.ts";
import type { Presence } from "./types.ts";

/** A user came, or came again under another name. [J2] */
export function withUser(presence: Presence, { userId, userName }: User): Presence {
  const { users, count } = lessUser(presence, userId);
  return { users: [...users, { userId, userName }], count: count + 1 };
}

/** A user left: one that the list does not know may never have been counted. [J2] */
export function lessUser({ users, count }: Presence, userId: string): Presence {
  const others = withoutUser(users, userId);
  return { users: others, count: count - users.length + others.length };
}

export function withoutUser(users: readonly User[], userId: string): readonly User[] {
  return users.filter((user) => user.userId !== userId);
}

/** Read marks only go forward. [A4] */
export function withMarks(
  marks: ReadonlyMap<string, number>,
  more: readonly ReadMark[],
): ReadonlyMap<string, number> {
  const next = new Map(marks);
  for (const { userId, upTo } of more) next.set(userId, Math.max(upTo, next.get(userId) ?? 0));
  return next;
}
