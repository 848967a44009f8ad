/** A notification as the page shows it. */
export interface Notice {
  readonly id: string;
  readonly epoch: string;
  readonly offset: number;
  readonly type: string;
  readonly title: string;
  readonly body: string;
  readonly url: string | null;
  readonly timestamp: string;
}

/** A page of `GET /api/inbox`. */
export interface InboxPage {
  readonly roomId: string;
  readonly epoch: string;
  readonly offset: number;
  readonly upTo: number;
  readonly unread: number;
  readonly hasMore: boolean;
  readonly notifications: readonly Notice[];
}
