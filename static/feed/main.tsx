import { render } from "preact";
import { restorePreferences } from "../shared/preferences.ts";
import { Feed } from "./model/feed.ts";
import { FeedPage } from "./view/feed_page.tsx";

restorePreferences();
render(<FeedPage feed={new Feed()} />, document.getElementById("app")!);
