/**
 * A relay in a process of its own, on a memory store and with plain tokens: prints its port and serves until it is
 * killed. Run by `child.ts`.
 * @module
 */
import { relay } from "../../../src/relay.ts";
import { silent } from "../../../src/observability/log.ts";
import { memory } from "../../../src/stores/memory.ts";
import { plainTokens } from "./user.ts";

const { limits, retentionHours } = JSON.parse(Deno.args[0]!);
const store = memory({ retentionHours });
const running = relay({ store, auth: plainTokens, logger: silent, limits });
Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`)),
}, running.fetch);
