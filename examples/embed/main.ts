/**
 * The relay inside an application of one's own:
 *
 *     deno run -A examples/embed/main.ts
 *
 * @module
 */
import { shop } from "./shop.ts";

const { fetch, stop } = shop({ file: "data/shop.db" });
const server = Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, fetch);

Deno.addSignalListener("SIGINT", async () => {
  // the drain comes first: stopping the listener closes every socket at once
  await stop();
  await server.shutdown();
});
