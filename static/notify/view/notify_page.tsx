import { FeedBanner } from "../../shared/feed_banner.tsx";
import { How } from "../../shared/how.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import type { Notifications } from "../model/notifications.ts";
import { say } from "../words.ts";
import { InboxSheet } from "./inbox_sheet.tsx";
import { SendForm } from "./send_form.tsx";

const CODE = `const stream = new EventSource("/api/notifications");
stream.onmessage = ({ data }) => {
  const { type, payload } = JSON.parse(data);
  if (type === "notification") show(payload);
  if (type === "messages_read") unread(payload.upTo);
};

# and on the server
curl -X POST https://relay.example/api/users/anna/notifications \\
  -H "Authorization: Bearer $API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"title":"Shipped","url":"/orders/42"}'`;

/** One's notifications, live on every device. */
export function NotifyPage({ notifications }: { notifications: Notifications }) {
  const words = say();
  const { unread, arrived } = notifications.view.value;
  return (
    <PageFrame
      page="notify"
      unread={unread}
      notice={<FeedBanner feed={notifications.stream} />}
      how={<How {...words.how} code={CODE} />}
    >
      <p class="lead">{words.lead}</p>
      <p class="unseen" role="status">{arrived && words.arrived(arrived.title)}</p>
      <div class="notify-sheets">
        <InboxSheet notifications={notifications} />
        <SendForm notifications={notifications} />
      </div>
    </PageFrame>
  );
}
