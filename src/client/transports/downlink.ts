import type { Ack, Envelope, JoinedRoom, ServerMessages } from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import type { ServerType } from "../../protocol/wire.ts";
import { unbatch } from "../codec.ts";
import type { TransportName } from "../types.ts";
import type { Uplink } from "./http.ts";

/** How long the server holds a request that waits, and how long a poll rests before the next. */
const WAIT_MS = 25_000;
const REST_MS = 5000;
/** How long an answer may take beyond that, and a stream be silent: comments come every 15 s. [T1] */
const ANSWER_MS = 10_000;
const SILENCE_MS = 20_000;

/** A `join_room` as the room says it. [J1] */
export type Join = Envelope<string, { roomId: string; since?: Position; history?: number }>;

interface Heard {
  join: Join;
  /** where it stands, once it was joined */
  at?: Position;
}

/**
 * How rooms are heard where there is no socket: by a stream, or by requests that wait or rest. Each names all rooms
 * and where they stand, so that it does not matter what became of the one before. [T6]
 */
export interface Downlink {
  join(join: Join): void;
  leave(roomId: string): void;
  /** Goes on under another token. */
  renew(): void;
  end(): void;
}

export function createDownlink(
  way: TransportName,
  { clock, request, hear, refused, close }: Uplink,
): Downlink {
  const rooms = new Map<string, Heard>();
  /** names what the server keeps between two polls */
  let turn: string | undefined;
  let open = new AbortController();
  let cancelRest = () => {};

  /** What is open cannot change: it is opened again, where each room stands. */
  function reopen() {
    cancelRest();
    open.abort();
    open = new AbortController();
    const { signal } = open;
    // the joins of one turn share a request
    Promise.resolve(signal).then(way === "sse" ? stream : poll).catch((error) =>
      signal.aborted || refused(error)
    );
  }

  function joins(): Join[] {
    return Array.from(rooms.values(), ({ join, at }) => {
      const { history: _, ...payload } = join.payload;
      return at ? { ...join, payload: { ...payload, since: at } } : join;
    });
  }

  async function stream(signal: AbortSignal) {
    if (signal.aborted || !rooms.size) return;
    const { body } = await request<Response>("events", { joins: joins() }, ANSWER_MS, signal);
    // a byte order mark is a character of some message, not the stream's
    const text = body!.pipeThrough(new TextDecoderStream("utf-8", { ignoreBOM: true })).getReader();
    // beside the request's own end: not every runtime goes on listening to its signal
    signal.addEventListener("abort", () => text.cancel().catch(() => {}));
    for (let rest = "";;) {
      const cancel = clock.after(SILENCE_MS, () => close(4001, "silent"));
      // deno-lint-ignore no-await-in-loop -- as it comes
      const { done, value } = await text.read().finally(cancel);
      if (signal.aborted) return;
      if (done) return close(1001);
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith("data:")) received(JSON.parse(line.slice(5)));
    }
  }

  async function poll(signal: AbortSignal) {
    while (!signal.aborted && (rooms.size || turn)) {
      // who is not in yet wants to know at once
      const isNew = Array.from(rooms.values()).some(({ at }) => !at);
      const timeoutMs = isNew || way === "poll" ? 0 : WAIT_MS;
      const body = { joins: joins(), turn, timeoutMs };
      // deno-lint-ignore no-await-in-loop -- each goes on where the one before it ended
      const answer = await request<{ frames: Envelope[]; turn?: string }>(
        "poll",
        body,
        timeoutMs + ANSWER_MS,
        signal,
      );
      turn = answer.turn;
      for (const envelope of answer.frames.flatMap(unbatch)) if (!signal.aborted) received(envelope);
      // deno-lint-ignore no-await-in-loop -- a pause
      if (way === "poll") await new Promise<void>((done) => cancelRest = clock.after(REST_MS, done));
    }
  }

  function received(envelope: Envelope) {
    const { roomId, epoch, offset, reason } = envelope.payload as ServerMessages["reset"];
    const room = rooms.get(roomId);
    switch (envelope.type as ServerType) {
      case "ack":
        return joined(envelope as Envelope<"ack", Ack<JoinedRoom>>);
      case "error":
        return close(4000);
      case "reset":
        if (reason === "forbidden") rooms.delete(roomId);
    }
    if (room && epoch && offset >= 0) room.at = { epoch, offset };
    hear(envelope);
    if (envelope.type === "drain") close(1012);
  }

  /** The first answer is the room's; from then on a join only says where the stream goes on. */
  function joined(ack: Envelope<"ack", Ack<JoinedRoom>>) {
    const room = Array.from(rooms.values()).find(({ join }) => join.messageId === ack.messageId);
    if (!room) return;
    const { join: { payload: { roomId } }, at } = room;
    const { payload } = ack;
    if (payload.success) room.at = { epoch: payload.epoch, offset: payload.from };
    else rooms.delete(roomId);
    if (!at) return hear(ack);
    if (payload.success) return hear({ type: "joined_room", payload });
    if (payload.error.retryable) return close(1013);
    hear({ type: "reset", payload: { ...at, roomId, reason: "forbidden" } });
  }

  return {
    join(join) {
      rooms.set(join.payload.roomId, { join });
      reopen();
    },
    leave: (roomId) => void (rooms.delete(roomId) && reopen()),
    renew: reopen,
    end() {
      rooms.clear();
      // good-bye: nobody waits for the answer
      if (turn) {
        void request("poll", { joins: [], turn }, ANSWER_MS, new AbortController().signal).catch(() => {});
      }
      turn = undefined;
      open.abort();
      cancelRest();
    },
  };
}
