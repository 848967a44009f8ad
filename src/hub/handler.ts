import type * as z from "zod";
import type { Call } from "./call.ts";

/**
 * What is done with one type of client message.
 *
 * `handle` returns the answer's fields, or nothing when the call was answered by `call.publish`. While its promise
 * is pending the session's next messages wait, so that one client's messages take effect in the order they came;
 * waiting for the commit of a publish is not part of that. [R1]
 */
export interface Handler<P = unknown> {
  readonly schema: z.ZodType<P>;
  /** the frame that answers a call without a `messageId`; without one nothing does */
  readonly answersAs?: "joined_room" | "left_room" | "room_users" | "pong";
  /** it puts something before all readers of its payload's room, and waits while they are busy [R7] */
  readonly publishes?: boolean;
  /** which rate the call counts against [L] */
  ephemeral?(payload: P): boolean;
  handle(call: Call<P>): object | void | Promise<object | void>;
}

/** Types a handler's payload by its schema. */
export function handler<P>(definition: Handler<P>): Handler<unknown> {
  return definition as Handler<unknown>;
}
