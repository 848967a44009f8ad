import { type ReadonlySignal, signal } from "@preact/signals";
import { ask } from "../../shared/api.ts";
import { apiUrl } from "../../shared/api_url.ts";
import { EventFeed, type FeedEnvelope } from "../../shared/event_feed.ts";
import type { SessionUser } from "../../shared/session.ts";
import { Inbox } from "./inbox.ts";
import type { InboxPage, Notice, Standing } from "./notice.ts";

/** What the page shows. */
export interface View {
  readonly notices: readonly Notice[];
  readonly unread: number;
  readonly upTo: number;
  readonly hasMore: boolean;
  /** the last one that came live, for who cannot see it come */
  readonly arrived: Notice | undefined;
}

const PAGE = 20;

/** One user's notifications: pages of the inbox, and one stream that brings what is new and what was read. */
export class Notifications {
  readonly user: SessionUser;
  readonly stream: EventFeed;
  readonly view: ReadonlySignal<View>;
  readonly #view = signal<View>({ notices: [], unread: 0, upTo: 0, hasMore: false, arrived: undefined });
  readonly #inbox = new Inbox();

  constructor(user: SessionUser) {
    this.user = user;
    this.view = this.#view;
    this.stream = new EventFeed({
      url: apiUrl("api/notifications"),
      onEnvelope: (envelope) => this.#take(envelope),
    });
  }

  /** Loads the newest page, or the one before what is there. @throws {ApiError} */
  async load(): Promise<void> {
    const { oldest } = this.#inbox;
    const before = oldest === undefined ? "" : `&before=${oldest}`;
    this.#inbox.takePage(await ask<InboxPage>("GET", `api/inbox?limit=${PAGE}${before}`));
    this.#show();
  }

  /** Moves the read mark to the newest; the other devices hear of it. @throws {ApiError} */
  async markAllRead(): Promise<void> {
    const { epoch, top } = this.#inbox;
    const payload = { roomId: `user:${this.user.userId}`, epoch, upTo: top };
    await ask("POST", "api/send", { type: "read_messages", payload });
    this.#inbox.read(epoch, top);
    this.#show();
  }

  /** The demo's own way in: to oneself. @throws {ApiError} `not_found` where this is no demo */
  async sendToMyself(notice: { title: string; body: string }): Promise<void> {
    await ask("POST", "api/demo/notifications", { type: "demo", url: null, ...notice });
  }

  #take({ type, payload }: FeedEnvelope): void {
    switch (type) {
      case "joined_room":
        // again after each cut: another device may have read meanwhile
        this.#inbox.stands(payload as unknown as Standing);
        return this.#show();
      case "notification": {
        const notice = payload as unknown as Notice;
        if (!this.#inbox.take(notice)) return;
        return this.#show(notice);
      }
      case "messages_read":
        if (payload.userId !== this.user.userId) return;
        this.#inbox.read(payload.epoch as string, payload.upTo as number);
        return this.#show();
    }
  }

  #show(arrived = this.#view.value.arrived): void {
    const { notices, unread, upTo, hasMore } = this.#inbox;
    this.#view.value = { notices, unread, upTo, hasMore, arrived };
  }
}
