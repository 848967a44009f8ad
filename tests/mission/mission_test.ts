/**
 * What the relay is for, row by row: each has a short test here, or says what it waits for. The long tests stand
 * where the parts do.
 */
import { expect } from "@std/expect";
import * as operation from "./in_operation.ts";
import * as features from "./in_features.ts";
import * as rooms from "./in_rooms.ts";
import * as machines from "./on_machines.ts";
import * as http from "./over_http.ts";

/** A test, or what has to be built before there can be one. */
type Row = readonly [name: string, test: (() => void | Promise<void>) | string];

const rows: readonly Row[] = [
  ["short polling: every message once, unchanged answers are 304", http.shortPolling],
  ["long polling: the answer waits for news, then comes at once", http.longPolling],
  ["SSE: a plain event stream sees messages and resumes", http.eventSource],
  ["WebSocket handshake: the RFC's example, and what is refused", http.handshake],
  ["frames: 7-, 16- and 64-bit lengths, fragments, ping and pong, close", http.frames],
  ["broadcast server: any raw client joins, sends and receives JSON", http.rawClients],
  ["when which: a page that measures the transports side by side", features.compared],
  ["rooms: join, leave, to all, to the others", rooms.toAllAndToTheOthers],
  ["namespaces: relays under different paths do not hear each other", rooms.namespaces],
  ["automatic fallback: where WebSocket is blocked the client goes on", http.fallback],
  ["automatic reconnect: 1 s to 30 s, spread, ten attempts", operation.reconnecting],
  ["message envelope: type, payload, timestamp, messageId", rooms.envelope],
  ["message types", rooms.messageTypes],
  ["ACK: stored first, and a retry makes no duplicate", rooms.acknowledgement],
  ["heartbeat: both ways, and who is gone leaves the room", rooms.heartbeat],
  ["scale-out: members on different isolates hear each other", rooms.isolates],
  ["Redis pub/sub: members on different processes hear each other", machines.hearEachOther],
  ["load balancer: round robin without stickiness", machines.behindBalancer],
  ["JWT at connect: valid in, everything else out", operation.tokens],
  ["room access: forbidden on every path", rooms.roomAccess],
  ["chat: users, replies, read marks, history", rooms.chatRoom],
  ["notifications: stored, delivered live, found later", features.notified],
  ["dashboard: metrics every second, charted", features.measured],
  ["collaborative editing: concurrent edits converge", features.edited],
  ["game: inputs to the server, authoritative state at 60 Hz to all", rooms.game],
  ["compression: above 1 KiB, negotiated", http.compression],
  ["MessagePack: negotiated, the same rooms as JSON", http.messagePack],
  ["batching: many messages a frame, negotiated", http.batching],
  ["connections per IP: the 11th is refused, counts never drift", operation.connectionsPerAddress],
  ["monitoring: connections and disconnects counted, messages logged", operation.monitoring],
  ["error handling: every bad input a clear error, nothing dies", operation.badInput],
  ["feeds: a demo feed that keeps up with its reader", features.fed],
  ["Socket.IO clients: the unmodified client joins the same rooms", "the Socket.IO transport"],
];

rows.forEach(([name, test], n) => {
  const row = `[M${n + 1}] ${name}`;
  if (typeof test === "string") Deno.test({ name: `${row}: not built yet: ${test}`, ignore: true, fn() {} });
  else Deno.test(row, test);
});

Deno.test("the mission has 33 rows", () => expect(rows.length).toBe(33));
