import * as z from "zod";
import { type Feature, type FeatureHost, type FeatureRoom, featureRoute } from "../hub/feature.ts";
import type { Cancel } from "../hub/ports.ts";
import { RelayError } from "../protocol/errors.ts";
import { Stored } from "../protocol/server_schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { logLine, wideLine } from "./demo_feed/lines.ts";
import { pricesAt } from "./demo_feed/prices.ts";

/** What can be chosen about the demo feed. */
export interface DemoFeedOptions {
  /** how often prices change, in ms: 250 */
  readonly pricesEveryMs?: number;
  /** how often the log gets a line, in ms: 700 */
  readonly linesEveryMs?: number;
}

const PRICES = "feed:prices";
const LOG = "feed:log";
const TABLE = "demo_feed";
const LINE = "log_line";

const Prices = z.object({
  roomId: z.literal(PRICES),
  prices: z.array(z.object({ symbol: z.string(), cents: z.int() })),
}).describe("Prices at one moment; the latest counts.");
const Line = z.object({
  ...Stored.shape,
  level: z.enum(["info", "warn", "error"]),
  service: z.string(),
  text: z.string(),
}).describe("A line of the log: every one counts.");

/** A rush: so many wide lines, so many at once, so often. */
const RUSH = { lines: 8000, atOnce: 100, everyMs: 80 };
/** Rushes are for all nodes together this far apart. */
const RUSH_PAUSE_MS = 60_000;

/**
 * Something to look at: prices, of which only the latest counts, in the room `feed:prices`, and a log, of which every
 * line counts, in `feed:log`. Both are made only while somebody reads them, and by every node that has readers, in
 * the same words: prices follow from the time, and a line is stored once under its name, whoever wrote it. A rush
 * writes thousands of wide lines, more than a reader takes at once who is busy with something else.
 */
export function demoFeed({ pricesEveryMs = 250, linesEveryMs = 700 }: DemoFeedOptions = {}): Feature {
  let host: FeatureHost;
  let rushing: Cancel = () => {};
  const running = new Map<FeatureRoom, Cancel>();
  const quote = (n: number) => {
    const prices = pricesAt(n);
    host.broadcast(PRICES, "prices", { roomId: PRICES, prices }, { key: "prices", here: true });
  };
  const write = (n: number) => publish(host, { body: logLine(n), messageId: `line-${n}` });
  return {
    name: "demo feed",
    owns: (roomId) => roomId === PRICES || roomId === LOG,
    handlers: {},
    sends: { prices: Prices, [LINE]: Line },
    readOnly: true,
    routes: [
      featureRoute<object>({
        method: "POST",
        path: "/api/demo/rush",
        about: "Writes thousands of lines into the demo feed, once a minute for all.",
        answers: { 202: z.object({ lines: z.int(), lastsMs: z.number() }) },
        who: "user",
        schema: z.object({}),
        async handle() {
          await takeTurn(host);
          rushing = rush(host);
          return {
            status: 202,
            body: { lines: RUSH.lines, lastsMs: RUSH.lines / RUSH.atOnce * RUSH.everyMs },
          };
        },
      }),
    ],
    start(given) {
      host = given;
      return () => rushing();
    },
    joined(room) {
      if (running.has(room)) return;
      const every = room.id === PRICES ? pricesEveryMs : linesEveryMs;
      running.set(room, ticking(room, every, room.id === PRICES ? quote : write));
    },
    closed(room) {
      running.get(room)?.();
      running.delete(room);
    },
  };
}

/** Calls `act` with the number of each tick. Ticks are counted from 1970: every node counts the same. */
function ticking({ clock }: FeatureRoom, everyMs: number, act: (n: number) => void): Cancel {
  let cancel: Cancel = () => {};
  const next = () => {
    const dueMs = everyMs - clock.now() % everyMs;
    cancel = clock.after(dueMs, () => {
      act(Math.round(clock.now() / everyMs));
      next();
    });
  };
  next();
  return () => cancel();
}

/** One rush at a time, on whichever node. @throws {RelayError} `rate_limited`, `store_unavailable` */
async function takeTurn({ store }: FeatureHost): Promise<void> {
  const { ok } = await store.put(TABLE, "rush", "1", { ifVersion: 0, ttlMs: RUSH_PAUSE_MS });
  if (ok) return;
  throw new RelayError(ErrorCode.rateLimited, "Cannot begin a rush: there was one a moment ago", {
    retryAfterMs: RUSH_PAUSE_MS,
  });
}

function rush(host: FeatureHost): Cancel {
  let written = 0;
  let cancel: Cancel = () => {};
  const next = () => {
    for (let n = 0; n < RUSH.atOnce; n++) publish(host, { body: wideLine(++written, RUSH.lines) });
    if (written < RUSH.lines) cancel = host.clock.after(RUSH.everyMs, next);
  };
  next();
  return () => cancel();
}

/** A line that cannot be stored is none: the next one comes. */
function publish(host: FeatureHost, line: { body: object; messageId?: string }): void {
  host.publish({ roomId: LOG, type: LINE, ...line })
    .catch((error) => host.logger.warn("demo_line_not_stored", { reason: String(error) }));
}
