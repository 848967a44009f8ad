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

/** How one's room stands: the top of its log, and how much of it is unread. */
export interface Standing {
  readonly epoch: string;
  readonly offset: number;
  readonly unread: number;
}

/** A page of `GET /api/inbox`, as far as it is needed. */
export interface InboxPage extends Standing {
  readonly hasMore: boolean;
  readonly notifications: readonly Notice[];
}
