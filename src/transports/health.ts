import { Hono } from "hono";
import type { Hub } from "../hub/hub.ts";
import { within } from "../hub/within.ts";
import { Alive, Readiness } from "./answers.ts";
import { about } from "./described/parts.ts";

/** How long the store may take to say that it is there. */
const READY_WITHIN_MS = 2000;

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work, and wants more of it; when a part that it stands on is
 * away it is `degraded`. It also says when a proxy forwards to us that is not configured, because all its clients then
 * count as one address. `more` is what whoever runs the process adds. [S2]
 */
export function health(
  hub: Hub,
  untrustedForwards: () => boolean,
  more: () => object = () => ({}),
): Hono {
  const app = new Hono();
  const lives = about({ about: "The process answers. [S2]", answers: { 200: Alive } });
  app.get("/healthz", lives, (c) => c.json({ status: "ok" }));
  const works = about({
    about: "Whether the node can do its work, and what is missing. [S2]",
    answers: { 200: Readiness, 503: Readiness },
  });
  app.get("/readyz", works, async (c) => {
    const asked = hub.store.ready().then(() => "ok", () => "unavailable");
    const store = await within(hub.clock, READY_WITHIN_MS, asked) ?? "does not answer";
    const backplane = hub.hearsOthers ? "ok" : "unavailable";
    const whole = store === "ok" && backplane === "ok";
    const ready = whole && !hub.isDraining;
    return c.json(
      {
        status: ready ? "ok" : whole ? "unavailable" : "degraded",
        store,
        backplane,
        draining: hub.isDraining,
        ...untrustedForwards() && { untrustedProxy: true },
        ...more(),
      },
      ready ? 200 : 503,
    );
  });
  return app;
}
