import { type ReadonlySignal, signal } from "@preact/signals";
import { ask } from "../../shared/api.ts";
import { apiUrl } from "../../shared/api_url.ts";
import { type Check, checksOf, type Posture, type Readiness } from "./checks.ts";

const EVERY_MS = 5000;

/** The checklist as it is now; nothing until the relay has answered, and when it cannot be reached. */
export function liveChecks(): ReadonlySignal<readonly Check[] | undefined> {
  const checks = signal<readonly Check[] | undefined>(undefined);
  const look = async () => {
    try {
      const [posture, readiness] = await Promise.all([ask<Posture>("GET", "api/status"), ready()]);
      checks.value = checksOf(posture, readiness, location);
    } catch {
      checks.value = undefined;
    }
  };
  void look();
  setInterval(() => document.visibilityState === "visible" && void look(), EVERY_MS);
  return checks;
}

/** A relay that is not ready says why, and the answer is 503. */
async function ready(): Promise<Readiness> {
  return await (await fetch(apiUrl("readyz"))).json();
}
