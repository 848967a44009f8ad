import type { Ack, Envelope, JoinedRoom, ServerMessages, Welcome } from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import type { ClientType, ServerType } from "../../protocol/wire.ts";
import { unbatch } from "../codec.ts";
import { RelayError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import type { TransportName } from "../types.ts";
import { readEvents } from "./event_stream.ts";
import type { Transport } from "./transport.ts";

/** How long an answer may take, beyond what it was asked to wait. */
const ANSWER_MS = 10_000;
/** How long the server holds a request that waits, and how long a poll rests before the next. */
const WAIT_MS = 20_000;
const REST_MS = 5000;
/** How many posts may wait before those that want no answer are dropped. */
const MAX_WAITING = 50;

/** A `join_room` as the room says it. [J1] */
type Join = Envelope<string, { roomId: string; since?: Position }>;

/** A room that is listened to. */
interface Heard {
  join: Join;
  /** where it stands, once it was joined */
  at?: Position;
}

type Session = Omit<Welcome, "session"> & { token?: string; timestamp?: string };

/**
 * Rooms over plain requests. What is said is posted; what is heard comes as a stream, or by requests that wait or
 * rest. Each of these names all rooms and where they stand, so that it does not matter what became of the one
 * before. [T]
 */
export function overHttp(way: TransportName, base: string, { clock, fetch }: Settings): Transport {
  return ({ token, name }, on) => {
    const gone = new AbortController();
    const rooms = new Map<string, Heard>();
    let self: string | undefined;
    /** one after the other, as on a socket */
    let posted: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    /** what is listened by now */
    let open = new AbortController();
    /** names what the server keeps between two polls */
    let turn: string | undefined;
    let cancelRest = () => {};

    /**
     * Asks below `/api/`: JSON is read, a stream is answered as it is. Rejects with a `RelayError` when the server
     * refuses, and with anything else when the connection is lost.
     */
    async function request<T>(
      path: string,
      body: object,
      signal: AbortSignal | null = gone.signal,
      waitMs = 0,
    ): Promise<T> {
      const shown = token;
      const cancel = clock.after(waitMs + ANSWER_MS, () => close(4001, "no answer"));
      try {
        const response = await fetch(base + "api/" + path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: {
            "content-type": "application/json",
            ...token && { authorization: "Bearer " + token },
          },
          // who shows a token wants no cookie of it
          credentials: token ? "omit" : "same-origin",
          signal,
        });
        if (path === "events" && response.ok) return response as T;
        const answer = await response.json();
        if (response.ok || answer.type === "ack") return answer;
        if (response.status === 401) {
          // it was asked under a token that is not ours any more
          if (shown !== token) return await request(path, body, signal, waitMs);
          close(4000, answer.title);
        }
        throw new RelayError(answer.code, answer.title, answer);
      } finally {
        cancel();
      }
    }

    /** Passes on what the server said. */
    function hear(envelope: Envelope) {
      if (!gone.signal.aborted) on.received(() => [envelope]);
    }

    /** The server refuses everything for the time being, or the connection is lost. */
    function failed(error: unknown) {
      if (!(error instanceof RelayError)) return close(1006, String(error));
      if (error.retryAfterMs) hear({ type: "drain", payload: error });
      close(1013, error.message);
    }

    function close(code: number, reason = "") {
      if (gone.signal.aborted) return;
      end();
      on.closed(code, reason);
    }

    function end() {
      gone.abort();
      open.abort();
      cancelRest();
      // good-bye: nobody waits for the answer
      if (turn) request("poll", { joins: [], turn }, null).catch(() => {});
    }

    async function introduce(): Promise<Session> {
      const session: Session = await request("session", { name });
      // another user's token ends the conversation [C5]
      if (self && self !== session.userId) close(4501);
      self = session.userId;
      token = session.token ?? token;
      return session;
    }

    /** What is open cannot change: it is opened again, where each room stands. */
    function listen() {
      cancelRest();
      open.abort();
      open = new AbortController();
      const { signal } = open;
      // the joins of one turn share a request
      Promise.resolve(signal).then(way === "sse" ? stream : poll)
        .catch((error) => signal.aborted || failed(error));
    }

    function joins(): Join[] {
      return Array.from(
        rooms.values(),
        ({ join, at }) => at ? { ...join, payload: { ...join.payload, since: at } } : join,
      );
    }

    async function stream(signal: AbortSignal) {
      if (signal.aborted || !rooms.size) return;
      const { body } = await request<Response>("events", { joins: joins() }, signal);
      await readEvents(body!, signal, clock, received);
      if (!signal.aborted) close(1001);
    }

    async function poll(signal: AbortSignal) {
      while (!signal.aborted && (rooms.size || turn)) {
        const timeoutMs = way === "poll" ? 0 : WAIT_MS;
        const body = { joins: joins(), turn, timeoutMs };
        const answer = await request<{ frames: Envelope[]; turn?: string }>("poll", body, signal, timeoutMs);
        turn = answer.turn;
        // what has arrived is heard, even if something in it ends this request: it is not told again
        for (const envelope of answer.frames.flatMap(unbatch)) received(envelope);
        if (!timeoutMs) await new Promise<void>((done) => cancelRest = clock.after(REST_MS, done));
      }
    }

    function received(envelope: Envelope) {
      const type = envelope.type as ServerType;
      const { roomId, epoch, offset, reason } = envelope.payload as ServerMessages["reset"];
      const room = rooms.get(roomId);
      switch (type) {
        case "ack":
          return joined(envelope as Envelope<"ack", Ack<JoinedRoom>>);
        case "error":
          return close(4000);
        case "reset":
          if (reason === "forbidden") rooms.delete(roomId);
      }
      if (room && epoch && offset >= 0) room.at = { epoch, offset };
      hear(envelope);
      if (type === "drain") close(1012);
    }

    /** The first answer is the room's; from then on a join only says where it goes on. */
    function joined(envelope: Envelope<"ack", Ack<JoinedRoom>>) {
      const { messageId, payload } = envelope;
      const room = [...rooms.values()].find(({ join }) => join.messageId === messageId);
      if (!room) return;
      const { join: { payload: { roomId } }, at } = room;
      if (payload.success) room.at = { epoch: payload.epoch, offset: payload.from };
      else rooms.delete(roomId);
      if (!at) hear(envelope);
      else if (payload.success) hear({ type: "joined_room", payload });
      else if (payload.error.retryable) close(1013);
      else hear({ type: "reset", payload: { ...at, roomId, reason: "forbidden" } });
    }

    introduce().then(
      ({ token: session, timestamp = "", ...user }) =>
        hear({ type: "welcome", payload: { ...user, session }, timestamp }),
      failed,
    );

    return {
      transport: way,
      send(envelope) {
        const { type, messageId = "" } = envelope;
        const { roomId, token: next } = envelope.payload as { roomId: string; token: string };
        const answer = (payload: object) => hear({ type: "ack", messageId, payload });
        const refuse = (error: unknown) =>
          error instanceof RelayError ? answer({ success: false, error }) : failed(error);
        switch (type as ClientType) {
          case "ping":
            // each request has a limit of its own
            return hear({ type: "pong", payload: {} });
          case "join_room":
            rooms.set(roomId, { join: envelope as Join });
            return listen();
          case "leave_room":
            if (rooms.delete(roomId)) listen();
            return answer({ success: true });
          case "authenticate":
            token = next;
            return void introduce().then((session) => {
              listen();
              answer({ success: true, ...session });
            }).catch(refuse);
        }
        // what nobody waits for is worth no queue
        if (!messageId && waiting > MAX_WAITING) return;
        waiting++;
        posted = posted.then(() => request<Envelope<"ack", Ack>>("send", envelope))
          .then(hear, refuse)
          .then(() => waiting--);
      },
      close: end,
    };
  };
}
