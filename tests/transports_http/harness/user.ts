import type { Identity } from "../../../src/hub/ports.ts";
import type { TokenVerifier } from "../../../src/auth/jwt.ts";
import { RelayError } from "../../../src/protocol/errors.ts";
import type { Saved } from "../../../src/protocol/messages.ts";
import { type AnyEnvelope, Stream } from "./stream.ts";

/** A token is its user's id, and after a `~` the wall time in ms when it ends. */
export const plainTokens: TokenVerifier = {
  verify(token): Promise<Identity> {
    const [userId = "", expires] = token.split("~");
    if (userId === "nobody") return Promise.reject(new RelayError("unauthorized", "Cannot enter: nobody"));
    const identity = { userId, userName: userId.toUpperCase(), issuedAtMs: Date.now() - 10_000 };
    return Promise.resolve(expires === undefined ? identity : { ...identity, expiresAtMs: Number(expires) });
  },
};

/** A page of a room, as polls get it. */
export interface PolledPage {
  readonly roomId: string;
  readonly epoch: string;
  readonly offset: number;
  readonly recovered?: boolean;
  readonly hasMore: boolean;
  readonly messages: AnyEnvelope[];
}

/** Somebody who uses the relay over plain HTTP. */
export class User {
  readonly token: string;
  readonly #url: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }

  /** A request that is not checked. */
  fetch(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    return fetch(this.#url + path, { ...init, headers: { ...this.headers, ...init.headers } });
  }

  stream(query: string, headers: Record<string, string> = {}): Promise<Stream> {
    return Stream.open(`${this.#url}/api/events?${query}`, { ...this.headers, ...headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const json = { "content-type": "application/json", ...headers };
    return this.fetch(path, { method: "POST", headers: json, body: JSON.stringify(body) });
  }

  /** Posts a message that has to be taken. */
  async say(roomId: string, content: string, messageId?: string): Promise<Saved> {
    const response = await this.post(`/api/rooms/${roomId}/messages`, { content, messageId });
    const saved = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(saved));
    return saved;
  }

  /** Sends one envelope and returns its ack. */
  async send(envelope: object, sid?: string): Promise<AnyEnvelope> {
    const headers: Record<string, string> = sid === undefined ? {} : { "denbun-session": sid };
    return await (await this.post("/api/send", envelope, headers)).json();
  }

  /** Asks for messages; fails unless there is an answer. */
  async poll(roomId: string, query = "", headers: Record<string, string> = {}): Promise<PolledPage> {
    const response = await this.fetch(`/api/rooms/${roomId}/messages${query}`, { headers });
    const page = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(page));
    return page;
  }
}
