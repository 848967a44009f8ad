import { FeedBanner } from "../../shared/feed_banner.tsx";
import { How } from "../../shared/how.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import { type Board, RELAY } from "../model/board.ts";
import { PANELS } from "../model/panels.ts";
import { say } from "../words.ts";
import { Panel } from "./panel.tsx";

const CODE = `const stream = new EventSource(
  "/api/events?rooms=dashboard");
stream.onmessage = ({ data }) => {
  const { type, payload } = JSON.parse(data);
  if (type === "metrics_update")
    chart(payload.source, payload.at, payload.values);
};

// a series of your own, in the process
const board = dashboard();
relay({ store, features: [board, chat()] });
board.push("orders", { open: 12, late: 1 });

# or from another server
curl -X POST https://relay.example/api/dashboard \\
  -H "Authorization: Bearer $API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"source":"orders","values":{"open":12}}'`;

/** The relay's own numbers and the application's, a chart each. */
export function DashboardPage({ board }: { board: Board }) {
  const words = say();
  const sources = board.sources.value;
  const own = sources.get(RELAY);
  return (
    <PageFrame
      page="dashboard"
      notice={<FeedBanner feed={board.stream} />}
      how={<How {...words.how} code={CODE} />}
    >
      <p class="lead">{words.lead}</p>
      {!own && <p class="soft" role="status">{words.waiting}</p>}
      <div class="panels">
        {own && PANELS.map(({ id, unit, names }) => (
          <Panel
            key={id}
            title={words.panels[id]}
            unit={unit}
            rows={own}
            series={names.map((name) => ({ name, label: words.names[name] }))}
          />
        ))}
        {[...sources].filter(([source]) => source !== RELAY).map(([source, rows]) => (
          <Panel
            key={source}
            title={source}
            unit="plain"
            rows={rows}
            series={[...rows.values.keys()].map((name) => ({ name, label: name }))}
          />
        ))}
      </div>
    </PageFrame>
  );
}
