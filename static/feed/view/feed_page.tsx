import { FeedBanner } from "../../shared/feed_banner.tsx";
import { How } from "../../shared/how.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import type { Feed } from "../model/feed.ts";
import { say } from "../words.ts";
import { Controls } from "./controls.tsx";
import { LogSheet } from "./log_sheet.tsx";
import { PriceSheet } from "./price_sheet.tsx";

const CODE = `const feed = new EventSource(
  "/api/events?rooms=feed:prices,feed:log");

feed.onmessage = ({ data }) => {
  const { type, payload } = JSON.parse(data);
  if (type === "prices") show(payload.prices);
  if (type === "log_line") append(payload);
};`;

/** Prices and a log, and how well this tab keeps up with them. */
export function FeedPage({ feed }: { feed: Feed }) {
  const words = say();
  return (
    <PageFrame
      page="feed"
      notice={<FeedBanner feed={feed.stream} />}
      how={<How {...words.how} code={CODE} />}
    >
      <p class="lead">{words.lead}</p>
      <p class="field-error" role="status">{feed.isSilent.value && words.silent}</p>
      <Controls feed={feed} />
      <div class="feed-sheets">
        <PriceSheet view={feed.view} />
        <LogSheet view={feed.view} />
      </div>
    </PageFrame>
  );
}
