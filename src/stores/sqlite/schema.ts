/**
 * The file. A commit writes one row of `journal`, however many messages and rooms it has: that is all an ack waits
 * for. Later, messages are settled: moved, room by room, into `blocks` of consecutive offsets, and their idempotency
 * keys into `keys`. So a commit touches a handful of pages at the end of one table instead of two pages a message.
 *
 * `messages` shows all of it as rows, for people with a SQL prompt.
 */
export const SCHEMA = `
  CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- entries: [room name, entry, room name, entry, …]; entry: calls.ts, EntryTuple
  CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    entries TEXT NOT NULL
  ) STRICT;

  -- top: the last settled offset; oldest: the first one kept
  CREATE TABLE rooms (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    top    INTEGER NOT NULL,
    oldest INTEGER NOT NULL
  ) STRICT;

  -- last: the highest offset in it; newest: its latest timestamp in ms; entries: [entry, …]
  CREATE TABLE blocks (
    room    INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    newest  INTEGER NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (room, last)
  ) STRICT, WITHOUT ROWID;

  -- hash: of user id and message id
  CREATE TABLE keys (
    room   INTEGER NOT NULL,
    hash   INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (room, hash, offset)
  ) STRICT, WITHOUT ROWID;

  -- expires: wall time in ms, NULL for never
  CREATE TABLE cells (
    name    TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires INTEGER,
    PRIMARY KEY (name, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX expiring ON cells (expires) WHERE expires IS NOT NULL;

  CREATE VIEW messages (room, offset, id, type, user_id, user_name, message_id, timestamp_ms, body) AS
    SELECT room, entry ->> 0, entry ->> 1, entry ->> 2, entry ->> 3, entry ->> 4, entry ->> 5, entry ->> 6,
           entry ->> 7
    FROM (
      SELECT rooms.name AS room, each.value AS entry
      FROM blocks JOIN rooms ON rooms.id = blocks.room, json_each(blocks.entries) AS each
      UNION ALL
      SELECT journal.entries ->> (each.key - 1), each.value
      FROM journal, json_each(journal.entries) AS each
      WHERE each.key % 2 = 1
        AND each.value ->> 0 > coalesce(
          (SELECT top FROM rooms WHERE name = journal.entries ->> (each.key - 1)), 0)
    );
`;

/** Marks a file as ours, in its header. */
export const APPLICATION_ID = 0x44_4e_42_4e;

/** Counts the changes of the schema. */
export const SCHEMA_VERSION = 1;
