/**
 * The names on the wire: message types, error codes, close codes, subprotocols and limits.
 * Nothing here needs a library, so that the client SDK can import all of it.
 */

/** What a client may send. [E1] */
export const ClientType = {
  ping: "ping",
  authenticate: "authenticate",
  joinRoom: "join_room",
  leaveRoom: "leave_room",
  getHistory: "get_history",
  getRoomUsers: "get_room_users",
  readMessages: "read_messages",
  publish: "publish",
  sendMessage: "send_message",
  typingStart: "typing_start",
  typingEnd: "typing_end",
  documentChange: "document_change",
  getDocument: "get_document",
  cursorMove: "cursor_move",
  playerInput: "player_input",
} as const;
export type ClientType = typeof ClientType[keyof typeof ClientType];

/** What the server may send. A client that sends one of these is answered `unknown_type`. [E1] */
export const ServerType = {
  welcome: "welcome",
  pong: "pong",
  ack: "ack",
  error: "error",
  joinedRoom: "joined_room",
  leftRoom: "left_room",
  roomUsers: "room_users",
  userJoined: "user_joined",
  userLeft: "user_left",
  messagesRead: "messages_read",
  userTyping: "user_typing",
  newMessage: "new_message",
  documentSnapshot: "document_snapshot",
  remoteChange: "remote_change",
  remoteCursor: "remote_cursor",
  event: "event",
  notification: "notification",
  metricsUpdate: "metrics_update",
  gameState: "game_state",
  behind: "behind",
  reset: "reset",
  drain: "drain",
  batch: "batch",
} as const;
export type ServerType = typeof ServerType[keyof typeof ServerType];

/** The closed list of error codes, one meaning each. [E4] */
export const ErrorCode = {
  badRequest: "bad_request",
  unknownType: "unknown_type",
  unauthorized: "unauthorized",
  forbidden: "forbidden",
  notJoined: "not_joined",
  notFound: "not_found",
  conflict: "conflict",
  tooLarge: "too_large",
  rateLimited: "rate_limited",
  limitExceeded: "limit_exceeded",
  storeUnavailable: "store_unavailable",
  draining: "draining",
  internal: "internal",
} as const;
/** One of the error codes. [E4] */
export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];

/** Close codes: each is advice to the client. 4000–4499 reconnect, 4500–4999 do not. [X] */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  badData: 1003,
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  restart: 1012,
  tryLater: 1013,
  tokenExpired: 4000,
  heartbeat: 4001,
  notReading: 4002,
  rateLimited: 4003,
  protocol: 4500,
  unauthorized: 4501,
  forbidden: 4503,
  limit: 4505,
  kicked: 4510,
} as const;
/** One of the close codes. [X] */
export type CloseCode = typeof CloseCode[keyof typeof CloseCode];

/** WebSocket subprotocols: each names a codec. [C1] */
export const Subprotocol = {
  json: "denbun.json",
  jsonBatch: "denbun.json.batch",
  jsonDeflate: "denbun.json.deflate",
  msgpack: "denbun.msgpack",
  msgpackDeflate: "denbun.msgpack.deflate",
} as const;
/** One of the subprotocols. [C1] */
export type Subprotocol = typeof Subprotocol[keyof typeof Subprotocol];

/** An offered subprotocol that starts with this carries the caller's token and is never echoed. [C2] */
export const BEARER_PREFIX = "bearer.";

/** Why continuity of a room is broken. [R6] */
export type ResetReason = "trimmed" | "epoch" | "forbidden";

/** Room ids: 1–128 characters, the part before the first `:` selects the feature. [E5] */
export const ROOM_ID: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.:@|+-]{0,127}$/;
/** User ids: 1–100 characters of the same class. [E5] */
export const USER_ID: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.:@|+-]{0,99}$/;
/** Message ids: 1–64 characters, a UUID as a rule. [E3] */
export const MESSAGE_ID: RegExp = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Rooms that begin so are documents; the document's id is what follows. [E5] [F3] */
export const DOCUMENT_PREFIX = "document:";

/** Rooms that begin so are of one user, whose id is what follows. [E5] [F1] */
export const USER_PREFIX = "user:";

/** The fields that are bytes, by message type: base64 in JSON, binary in MessagePack. [C1] */
export const BYTE_FIELDS: Readonly<Record<string, string>> = {
  // spelt out, so that bundles of clients can leave the names above behind
  document_change: "changes",
  remote_change: "changes",
  document_snapshot: "data",
} satisfies Partial<Record<ClientType | ServerType, string>>;

/** Bounds that are part of the protocol rather than of one server's configuration. */
export const Bounds = {
  /** messages a history page may hold [J1] */
  historyLimit: 100,
  /** envelopes a batch may hold [C1] */
  batchEnvelopes: 100,
  /** bytes a frame may have, inflated [L] */
  frameBytes: 1_048_576,
  /** nesting of a client's JSON [L] */
  depth: 32,
  /** above this many users a room sends samples instead of the whole list [J3] */
  presenceSample: 200,
} as const;
