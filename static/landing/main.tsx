import { render } from "preact";
import { restorePreferences } from "../shared/preferences.ts";
import { LandingPage } from "./view/landing_page.tsx";

restorePreferences();
render(<LandingPage />, document.getElementById("app")!);
