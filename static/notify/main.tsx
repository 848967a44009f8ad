import { signal } from "@preact/signals";
import { render } from "preact";
import { ApiError } from "../shared/api.ts";
import { restorePreferences } from "../shared/preferences.ts";
import { ensureSession } from "../shared/session.ts";
import { Notifications } from "./model/notifications.ts";
import { NoEntry } from "./view/no_entry.tsx";
import { NotifyPage } from "./view/notify_page.tsx";

const notifications = signal<Notifications | undefined>(undefined);
const refusal = signal<string | undefined>(undefined);

restorePreferences();
render(<App />, document.getElementById("app")!);
void enter();

function App() {
  if (notifications.value) return <NotifyPage notifications={notifications.value} />;
  return <NoEntry refusal={refusal.value} onAgain={() => void enter()} />;
}

async function enter(): Promise<void> {
  refusal.value = undefined;
  let entered: Notifications | undefined;
  try {
    entered = new Notifications(await ensureSession());
    await entered.load();
    notifications.value = entered;
  } catch (error) {
    // the next attempt opens a stream of its own
    entered?.stream.close();
    refusal.value = error instanceof ApiError ? error.code : "network";
  }
}
