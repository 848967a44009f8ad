import type { Envelope, JoinedRoom, Welcome } from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import { RelayError } from "../errors.ts";
import { uuid } from "../ids.ts";
import type { Settings } from "../settings.ts";
import type { TransportName } from "../types.ts";
import type { Transport } from "./transport.ts";

/** How long an answer may take. */
const ANSWER_MS = 10_000;

/** How many posts may wait before those that want no answer are dropped. */
const MAX_WAITING = 50;

/** What `join_room` asks for. [J1] */
export interface Join {
  roomId: string;
  since?: Position;
  history?: number;
  echo?: boolean;
}

/** Is told that a join succeeded, or why not. */
export type Joined = (room: JoinedRoom | RelayError) => void;

/** How a room is heard where there is no socket: the one thing in which the transports over HTTP differ. */
export interface Downlink {
  join(join: Join, joined: Joined): void;
  leave(roomId: string): void;
  /** Whether there were signs of life lately. */
  alive(): boolean;
  /** The token is another: what is open goes on under it. */
  renewed(): void;
  end(): void;
}

/** What a downlink is given. */
export interface Uplink extends Pick<Settings, "clock"> {
  /**
   * Asks below `/api/`: JSON is read, a stream is answered as it is. Rejects with a `RelayError` when the server
   * refuses, and with anything else when the connection is lost, which needs no further word.
   */
  request(path: string, options?: { body?: string; signal?: AbortSignal; withinMs?: number }): Promise<never>;
  /** Passes on what was said in a room. */
  hear(envelope: Envelope, join?: Join): void;
  /** The room says no more. */
  lose(join: Join, at: Position): void;
  close(code: number, reason?: string): void;
  /** The server refuses everything for the time being. */
  refused(error: RelayError): void;
}

type Session = Omit<Welcome, "session"> & { token?: string; timestamp?: string };

/** Rooms over plain requests: `join_room` and its like become those of the downlink, all else is posted. [T] */
export function overHttp(
  transport: TransportName,
  createDownlink: (uplink: Uplink) => Downlink,
  base: string,
  { clock, fetch }: Settings,
): Transport {
  let sid: string;
  let owner: string | undefined;
  return ({ token, name }, on) => {
    const gone = new AbortController();
    const { signal } = gone;
    /** one after the other, as on a socket */
    let posted: Promise<unknown> = Promise.resolve();
    let waiting = 0;

    const uplink: Uplink = {
      clock,
      async request(path, options = {}) {
        const { body, signal: until = signal, withinMs = ANSWER_MS } = options;
        const shown = token;
        const cancel = clock.after(withinMs, () => uplink.close(4001, "no answer"));
        try {
          const response = await fetch(base + "api/" + path, {
            ...body && { method: "POST", body },
            headers: {
              ...body && { "content-type": "application/json" },
              ...token && { authorization: "Bearer " + token },
              ...sid && { "denbun-session": sid },
            },
            // who shows a token wants no cookie of it
            credentials: token ? "omit" : "same-origin",
            signal: until,
          });
          if (response.headers.get("content-type")?.includes("event-stream")) return response as never;
          const answer = await response.json();
          if (response.ok || answer.type === "ack") return answer as never;
          if (response.status === 401) {
            // it was asked under a token that is not ours any more
            if (shown !== token) return await uplink.request(path, options);
            uplink.close(4000, answer.title);
          }
          throw new RelayError(answer.code, answer.title, answer);
        } catch (error) {
          if (!until.aborted && !(error instanceof RelayError)) uplink.close(1006, String(error));
          throw error;
        } finally {
          cancel();
        }
      },
      hear(envelope, join) {
        const { userId, offset } = envelope.payload as { userId?: string; offset?: number };
        if (join?.echo === false && offset && userId === owner) return;
        if (!signal.aborted) on.received(() => [envelope]);
      },
      lose({ roomId }, at) {
        uplink.hear({ type: "reset", payload: { ...at, roomId, reason: "forbidden" } });
      },
      refused(error) {
        if (error.retryAfterMs) uplink.hear({ type: "drain", payload: error });
        uplink.close(1013, error.message);
      },
      close(code, reason = "") {
        if (signal.aborted) return;
        end();
        on.closed(code, reason);
      },
    };
    const downlink = createDownlink(uplink);

    function end() {
      gone.abort();
      downlink.end();
    }

    async function introduce(): Promise<Session> {
      const session: Session = await uplink.request("session", { body: JSON.stringify({ name }) });
      if (session.userId !== owner) {
        // a session belongs to one user, and takes 128 random bits [T0]
        sid = uuid() + uuid().slice(0, 8);
        owner = session.userId;
      }
      token = session.token ?? token;
      return session;
    }

    /** Another user's token ends the conversation. [C5] */
    async function renew(next: string): Promise<Session> {
      const before = owner;
      token = next;
      const session = await introduce();
      if (owner !== before) uplink.close(4501);
      downlink.renewed();
      return session;
    }

    introduce().then(
      ({ token: session, timestamp = "", ...user }) =>
        uplink.hear({ type: "welcome", payload: { ...user, connectionId: sid, session }, timestamp }),
      (error) => error instanceof RelayError && uplink.refused(error),
    );

    return {
      transport,
      send(envelope) {
        const { type, messageId } = envelope;
        const payload = envelope.payload as Join & { token: string };
        const body = JSON.stringify(envelope);
        const answer = (answer: object) =>
          uplink.hear({ type: "ack", payload: { success: true, ...answer }, ...messageId && { messageId } });
        const refuse = (error: unknown) =>
          error instanceof RelayError && uplink.hear(
            messageId
              ? { type: "ack", payload: { success: false, error }, messageId }
              : { type: "error", payload: error },
          );
        switch (type) {
          case "ping":
            if (downlink.alive()) uplink.hear({ type: "pong", payload: {} });
            return;
          case "join_room":
            return downlink.join(payload, (room) => room instanceof RelayError ? refuse(room) : answer(room));
          case "authenticate":
            return void renew(payload.token).then(answer, refuse);
          case "leave_room":
            downlink.leave(payload.roomId);
        }
        // what nobody waits for is worth no queue
        if (!messageId && waiting > MAX_WAITING) return;
        waiting++;
        posted = posted.then(() => uplink.request("send", { body })).then(uplink.hear as never, refuse)
          .then(() => waiting--);
      },
      close: end,
    };
  };
}
