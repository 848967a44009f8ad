import { signal } from "@preact/signals";
import { render } from "preact";
import { restorePreferences } from "../shared/preferences.ts";
import { ensureSession } from "../shared/session.ts";
import { Comparison } from "./model/comparison.ts";
import { ComparePage } from "./view/compare_page.tsx";

const comparison = signal<Comparison | "refused" | undefined>(undefined);

restorePreferences();
render(<App />, document.getElementById("app")!);
void begin();

function App() {
  return <ComparePage comparison={comparison.value} onAgain={() => void begin()} />;
}

async function begin(): Promise<void> {
  comparison.value = undefined;
  try {
    await ensureSession();
    comparison.value = await Comparison.begin();
  } catch {
    comparison.value = "refused";
  }
}
