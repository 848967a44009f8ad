import { useSignal } from "@preact/signals";
import { formatMoment, formatTime } from "../../shared/format.ts";
import { locale } from "../../shared/language.ts";
import type { Notice } from "../model/notice.ts";
import type { Notifications } from "../model/notifications.ts";
import { say } from "../words.ts";

/** The inbox, newest first. */
export function InboxSheet({ notifications }: { notifications: Notifications }) {
  const problem = useSignal("");
  const { notices, unread, upTo, hasMore } = notifications.view.value;
  const words = say();
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      problem.value = "";
    } catch {
      problem.value = words.failed;
    }
  };
  return (
    <section class="sheet" aria-labelledby="inbox-title">
      <div class="sheet-head">
        <h2 id="inbox-title">{words.inbox}</h2>
        <span class={unread > 0 ? "unread some" : "unread"} data-testid="unread" data-unread={unread}>
          {words.unread(unread)}
        </span>
        <button
          type="button"
          class="button small"
          data-testid="mark-all"
          disabled={unread === 0}
          onClick={() => void attempt(() => notifications.markAllRead())}
        >
          {words.markAll}
        </button>
      </div>
      <p class="field-error" role="status">{problem.value}</p>
      {notices.length === 0 && <p class="soft">{words.empty}</p>}
      <ul class="notices">
        {notices.map((notice) => (
          <NoticeRow key={notice.offset} notice={notice} isNew={notice.offset > upTo} />
        ))}
      </ul>
      {hasMore && (
        <button
          type="button"
          class="button small"
          data-testid="older"
          onClick={() =>
            void attempt(() => notifications.load())}
        >
          {words.older}
        </button>
      )}
    </section>
  );
}

function NoticeRow(
  { notice: { offset, title, body, url, timestamp }, isNew }: { notice: Notice; isNew: boolean },
) {
  const timeMs = Date.parse(timestamp);
  return (
    <li class={isNew ? "notice new" : "notice"} data-testid="notice" data-offset={offset} data-new={isNew}>
      <p class="notice-title">
        {isNew && <span class="unseen">{say().isNew}:</span>}
        {title}
      </p>
      <time
        class="soft small-text"
        dateTime={timestamp}
        title={formatMoment(locale.value, timeMs)}
      >
        {formatTime(locale.value, timeMs)}
      </time>
      {body !== "" && <p class="notice-body">{body}</p>}
      {url !== null && (
        <p class="notice-body">
          <a href={url}>{say().open}</a>
        </p>
      )}
    </li>
  );
}
