import { render } from "preact";
import { restorePreferences } from "../shared/preferences.ts";
import { Board } from "./model/board.ts";
import { DashboardPage } from "./view/dashboard_page.tsx";

restorePreferences();
render(<DashboardPage board={new Board()} />, document.getElementById("app")!);
