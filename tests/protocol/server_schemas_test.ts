import { expect } from "@std/expect";
import type * as z from "zod";
import type { ServerMessages } from "../../src/protocol/messages.ts";
import { FeatureMessages, HubMessages } from "../../src/protocol/server_schemas.ts";
import { ServerType } from "../../src/protocol/wire.ts";
import { misfitOf } from "../harness/strict.ts";

const schemas = { ...HubMessages, ...FeatureMessages };
type Schemas = typeof schemas;

/** Whether two types hold the same values, and name the same fields. */
type Same<A, B> = [A, B, KeyOf<A>, KeyOf<B>] extends [B, A, KeyOf<B>, KeyOf<A>] ? true : never;
type Writable<T> = T extends Uint8Array | undefined ? T
  : T extends object ? { -readonly [K in keyof T]: Writable<T[K]> }
  : T;
type KeyOf<T> = T extends unknown ? keyof T : never;

/** It does not compile where a schema and the type it stands for are not the same. */
const same: {
  [T in Exclude<keyof ServerMessages, "ack">]: Same<
    Writable<z.infer<Schemas[T]>>,
    Writable<ServerMessages[T]>
  >;
} = {
  welcome: true,
  pong: true,
  error: true,
  joined_room: true,
  left_room: true,
  room_users: true,
  user_joined: true,
  user_left: true,
  messages_read: true,
  user_typing: true,
  new_message: true,
  event: true,
  notification: true,
  document_snapshot: true,
  remote_change: true,
  remote_cursor: true,
  metrics_update: true,
  game_state: true,
  behind: true,
  reset: true,
  drain: true,
};

Deno.test("[E1] every type the server sends has a schema, and is the type of the same name", () => {
  const named = Object.keys(schemas).toSorted();
  expect(named).toEqual(Object.values(ServerType).filter((type) => type !== "batch").toSorted());
  expect([...Object.keys(same), "ack"].toSorted()).toEqual(named);
});

Deno.test("a frame with a field too many, too few or of another kind does not fit", () => {
  const payload = { roomId: "tea", userId: "anna", userName: "Anna" };
  const frame = (change: object) => ({ type: "user_joined", payload: { ...payload, ...change } });
  expect(misfitOf(frame({}))).toBeUndefined();
  expect(misfitOf(frame({ secret: 1 }))).toContain("secret");
  expect(misfitOf(frame({ userName: undefined }))).toContain("userName");
  expect(misfitOf(frame({ userId: 7 }))).toContain("userId");
  expect(misfitOf({ type: "user_danced", payload: {} })).toContain("no schema");
});
