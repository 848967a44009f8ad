import { Hono } from "hono";
import { chat, jsonLines, type Logger, relay, type ServeHandler } from "../../src/mod.ts";
import { memory } from "../../src/stores/memory.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { polls } from "./polls.ts";

export interface ShopOptions {
  /** the SQLite file of the shop's own relay; in memory without it */
  readonly file?: string;
  readonly logger?: Logger;
}

/** An application with two relays in it, and how to end it. */
export interface Shop {
  /** for `Deno.serve` */
  readonly fetch: ServeHandler;
  stop(): Promise<void>;
}

/**
 * A shop with a relay for its customers under `/realtime` and another one for its staff under `/staff`. Each has a
 * store of its own: what is said in a room of one is not heard in the room of that name of the other.
 */
export function shop({ file, logger = jsonLines("info") }: ShopOptions = {}): Shop {
  const stores = [file === undefined ? memory() : sqlite(file), memory()] as const;
  const realtime = relay({ store: stores[0], logger, features: [polls(), chat()] });
  const staff = relay({ store: stores[1], logger, features: [chat()] });

  const app = new Hono();
  app.get("/", (c) => c.text("A shop. Its relays are at /realtime and /staff."));
  app.route("/realtime", realtime.app);
  app.route("/staff", staff.app);
  // whatever the application does, its customers hear of it
  app.post("/orders/:id/ship", async (c) => {
    const saved = await realtime.publish(`orders:${c.req.param("id")}`, "shipped", { by: "post" });
    return c.json(saved, 201);
  });

  return {
    // each relay guards its own upgrades against what is around it
    fetch: realtime.guard(staff.guard((request, info) => app.fetch(request, info))),
    async stop() {
      await Promise.all([realtime.drain(), staff.drain()]);
      for (const one of [realtime, staff]) one.close();
      for (const store of stores) await store.close();
    },
  };
}
