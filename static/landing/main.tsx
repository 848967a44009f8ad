import { render } from "preact";
import { restorePreferences } from "../shared/preferences.ts";
import { liveChecks } from "./model/live_checks.ts";
import { LandingPage } from "./view/landing_page.tsx";

restorePreferences();
render(<LandingPage checks={liveChecks()} />, document.getElementById("app")!);
