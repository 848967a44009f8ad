/**
 * The Denbun client for browsers, Deno and Node.
 *
 *     const relay = connect("https://example.test", { name: "yamada" });
 *     const room = relay.room("lobby", { history: 50 });
 *     room.on("new_message", (message) => show(message));
 *     const { savedId } = await room.send("Hello!");
 *
 * @module
 */
export { connect } from "./connect.ts";
export { type LocalCode, RelayError } from "./errors.ts";
export type * from "./types.ts";
