import type { Envelope, Welcome } from "../../protocol/messages.ts";
import type { ClientType } from "../../protocol/wire.ts";
import { RelayError } from "../errors.ts";
import { uuid } from "../ids.ts";
import type { Settings } from "../settings.ts";
import type { TransportName } from "../types.ts";
import { createDownlink, type Join } from "./downlink.ts";
import type { Transport } from "./transport.ts";

/** How long an answer may take. */
const ANSWER_MS = 10_000;

/** How many posts may wait before those that want no answer are dropped. */
const MAX_WAITING = 50;

/** What a downlink is given. */
export interface Uplink extends Pick<Settings, "clock"> {
  /**
   * Asks below `/api/`: JSON is read, a stream is answered as it is. Rejects with a `RelayError` when the server
   * refuses, and with anything else when the connection is lost, which needs no further word.
   */
  request<T>(path: string, body: object, withinMs?: number, signal?: AbortSignal): Promise<T>;
  /** Passes on what the server said. */
  hear(envelope: Envelope): void;
  /** The server refuses everything for the time being; or, if the error is none of its own, the connection is lost. */
  refused(error: unknown): void;
  close(code: number, reason?: string): void;
}

type Session = Omit<Welcome, "session"> & { token?: string; timestamp?: string };

/** Rooms over plain requests: joins become the downlink's, all else is posted. [T] */
export function overHttp(way: TransportName, base: string, { clock, fetch }: Settings): Transport {
  return ({ token, name }, on) => {
    const gone = new AbortController();
    let self: string | undefined;
    /** one after the other, as on a socket */
    let posted: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    const downlink = createDownlink(way, { clock, request, hear, refused, close });

    async function request<T>(
      path: string,
      body: object,
      withinMs: number = ANSWER_MS,
      signal: AbortSignal = gone.signal,
    ): Promise<T> {
      const shown = token;
      const cancel = clock.after(withinMs, () => close(4001, "no answer"));
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
        if (response.headers.get("content-type")?.includes("event-stream")) return response as T;
        const answer = await response.json();
        if (response.ok || answer.type === "ack") return answer;
        if (response.status === 401) {
          // it was asked under a token that is not ours any more
          if (shown !== token) return await request(path, body, withinMs, signal);
          close(4000, answer.title);
        }
        throw new RelayError(answer.code, answer.title, answer);
      } catch (error) {
        if (!signal.aborted && !(error instanceof RelayError)) close(1006, String(error));
        throw error;
      } finally {
        cancel();
      }
    }

    function hear(envelope: Envelope) {
      if (!gone.signal.aborted) on.received(() => [envelope]);
    }

    function refused(error: unknown) {
      // a stream may break off long after its request was answered
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
      downlink.end();
    }

    async function introduce(): Promise<Session> {
      const session: Session = await request("session", { name });
      // another user's token ends the conversation [C5]
      if (self && self !== session.userId) close(4501);
      self = session.userId;
      token = session.token ?? token;
      return session;
    }

    introduce().then(
      ({ token: session, timestamp = "", ...user }) =>
        hear({ type: "welcome", payload: { ...user, connectionId: uuid(), session }, timestamp }),
      refused,
    );

    return {
      transport: way,
      send(envelope) {
        const { type, messageId } = envelope;
        const { roomId, token: next } = envelope.payload as { roomId: string; token: string };
        const named = messageId && { messageId };
        const answer = (answer: object) =>
          hear({ type: "ack", payload: { success: true, ...answer }, ...named });
        const refuse = (error: unknown) =>
          error instanceof RelayError && hear(
            messageId
              ? { type: "ack", payload: { success: false, error }, messageId }
              : { type: "error", payload: error },
          );
        switch (type as ClientType) {
          case "ping":
            // each request has a limit of its own
            return hear({ type: "pong", payload: {} });
          case "join_room":
            return downlink.join(envelope as Join);
          case "leave_room":
            downlink.leave(roomId);
            return answer({});
          case "authenticate":
            token = next;
            return void introduce().then((session) => {
              downlink.renew();
              answer(session);
            }).catch(refuse);
        }
        // what nobody waits for is worth no queue
        if (!messageId && waiting > MAX_WAITING) return;
        waiting++;
        posted = posted.then(() => request<Envelope>("send", envelope)).then(hear, refuse)
          .then(() => waiting--);
      },
      close: end,
    };
  };
}
