import type { Envelope, JoinedRoom } from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import { onAbort } from "../deferred.ts";
import { RelayError } from "../errors.ts";
import type { Downlink, Join, Joined, Uplink } from "./http.ts";

/** The most rooms of one stream. [T1] */
const MAX_ROOMS = 20;
/** A stream that says nothing for so long is none: comments come every 15 s. [T1] */
const SILENCE_MS = 20_000;

interface Listener {
  join: Join;
  /** until the room's first answer */
  joined: Joined | undefined;
  at: Position | undefined;
}

/** Rooms over server-sent events, as many streams as it takes. [T1] */
export function sse(uplink: Uplink): Downlink {
  const streams: ReturnType<typeof createStream>[] = [];
  return {
    join(join, joined) {
      let stream = streams.find(({ rooms }) => rooms.has(join.roomId) || rooms.size < MAX_ROOMS);
      if (!stream) streams.push(stream = createStream(uplink));
      stream.rooms.set(join.roomId, { join, joined, at: join.since });
      stream.reopen();
    },
    leave(roomId) {
      for (const { rooms, reopen } of streams) if (rooms.delete(roomId)) reopen();
    },
    alive: () => streams.every(({ alive }) => alive()),
    renewed: () => streams.forEach(({ reopen }) => reopen()),
    end: () => streams.forEach(({ rooms, reopen }) => (rooms.clear(), reopen())),
  };
}

/** One stream. Its rooms cannot change while it is open: it is opened again then, where each room stands. */
function createStream(uplink: Uplink) {
  const { clock, hear } = uplink;
  const rooms = new Map<string, Listener>();
  let open = new AbortController();
  let heardMs = clock.now();

  function reopen() {
    open.abort();
    open = new AbortController();
    const { signal } = open;
    read(signal).catch(async (error) => {
      if (signal.aborted) return;
      if (!(error instanceof RelayError)) uplink.close(1006, String(error));
      else if (error.retryable || !await sortOut()) uplink.refused(error);
    });
  }

  async function read(signal: AbortSignal) {
    // the joins of one turn share a stream
    await undefined;
    if (signal.aborted || !rooms.size) return;
    heardMs = clock.now();
    const since = [...rooms].flatMap(([roomId, { at }]) => at ? `${roomId}=${at.epoch}.${at.offset}` : []);
    const query = new URLSearchParams({
      rooms: [...rooms.keys()].join(),
      history: `${Math.max(...Array.from(rooms.values(), ({ join }) => join.history ?? 0))}`,
      ...since.length && { since: since.join() },
    });
    const { body }: Response = await uplink.request("events?" + query, { signal });
    // a byte order mark is a character of some message, not the stream's
    const text = body!.pipeThrough(new TextDecoderStream("utf-8", { ignoreBOM: true })).getReader();
    // beside the request's own end: not every runtime goes on listening to its signal
    const stop = () => void text.cancel().catch(() => {});
    onAbort(signal, stop);
    if (signal.aborted) stop();
    for (let rest = "";;) {
      const { done, value } = await text.read();
      if (signal.aborted) return;
      if (done) return uplink.close(1001);
      heardMs = clock.now();
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith("data:")) received(JSON.parse(line.slice(5)));
    }
  }

  function received(envelope: Envelope) {
    const payload = envelope.payload as JoinedRoom & { message: string };
    const { roomId, epoch, offset, from, recovered } = payload;
    const room = rooms.get(roomId);
    if (envelope.type === "error") uplink.close(4000, payload.message);
    if (envelope.type !== "joined_room" || !room) {
      if (room && epoch && offset) room.at = { epoch, offset };
      return hear(envelope, room?.join);
    }
    const { joined, at } = room;
    room.joined = undefined;
    room.at = { epoch, offset: from };
    if (joined) return joined(payload);
    // the stream was opened again: what is new is who is here, and whether anything is missing
    if (recovered === false) {
      const reason = epoch === at?.epoch ? "trimmed" : "epoch";
      hear({ type: "reset", payload: { ...room.at, roomId, reason } });
    }
    hear({ type: "room_users", payload });
  }

  /** The stream was refused as a whole: finds the rooms that are to blame. False when there are none. */
  async function sortOut(): Promise<boolean> {
    let found = false;
    for (const [roomId, { join, joined, at }] of rooms) {
      try {
        await uplink.request(`rooms/${encodeURIComponent(roomId)}/messages?limit=1`);
      } catch (error) {
        if (!(error instanceof RelayError) || error.retryable) return false;
        found = rooms.delete(roomId);
        if (joined) joined(error);
        else uplink.lose(join, at!);
      }
    }
    if (found) reopen();
    return found;
  }

  return { rooms, reopen, alive: () => !rooms.size || clock.now() - heardMs < SILENCE_MS };
}
