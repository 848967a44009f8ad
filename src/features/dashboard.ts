import * as z from "zod";
import { type Feature, type FeatureHost, type FeatureRoom, featureRoute } from "../hub/feature.ts";
import { isoTime } from "../hub/iso_time.ts";
import type { Cancel } from "../hub/ports.ts";
import { RelayError } from "../protocol/errors.ts";
import { FeatureMessages } from "../protocol/server_schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { Coalescer } from "./dashboard/coalescer.ts";
import { LastValues } from "./dashboard/last_values.ts";

/** What can be chosen about the dashboard. */
export interface DashboardOptions {
  /** how often the relay tells its own numbers, in ms: 1,000 */
  readonly everyMs?: number;
  /** the least time between two updates of one of the application's sources, in ms: 100 */
  readonly leastMs?: number;
}

/** Numbers of one source at one moment, by name. */
export type SeriesValues = Readonly<Record<string, number>>;

/** The dashboard, and the way to put an application's own series on it. */
export interface Dashboard extends Feature {
  /**
   * Shows numbers of the application, as `push("orders", { open: 12 })`, as often as it likes: what comes faster than
   * readers are told is merged, the latest wins. A source has 1–32 numbers.
   * @throws {RelayError} `bad_request`
   */
  push(source: string, values: SeriesValues): void;
}

const ROOM = "dashboard";
const TYPE = "metrics_update";
/** The relay's own source. */
const OWN = "relay";

const Name = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
  "is a letter, then letters, digits and _ . -",
);
const Update = z.object({
  source: Name.refine((name) => name !== OWN, "is the relay's own"),
  values: z.record(Name, z.number()).refine(
    (values) => Object.keys(values).length >= 1 && Object.keys(values).length <= 32,
    "are 1 to 32 numbers",
  ),
});
type Update = z.infer<typeof Update>;

/**
 * Numbers that change all the time, in the room `dashboard`: the process's own, all isolates together, every second
 * while somebody looks, and whatever the application pushes. Only the latest value counts, so a slow reader skips
 * and is never behind. Who joins is told the last values at once. [F2]
 */
export function dashboard({ everyMs = 1000, leastMs = 100 }: DashboardOptions = {}): Dashboard {
  let host: FeatureHost;
  let last: LastValues;
  let pushed: Coalescer<SeriesValues>;
  const watches = new Map<FeatureRoom, Cancel>();
  const push = (update: Update) => pushed.put(update.source, update.values);
  return {
    name: "dashboard",
    owns: (roomId) => roomId === ROOM || roomId.startsWith(`${ROOM}:`),
    handlers: {},
    sends: { [TYPE]: FeatureMessages.metrics_update },
    readOnly: true,
    routes: [
      featureRoute<Update>({
        method: "POST",
        path: "/api/dashboard",
        about: "Shows numbers of the application on the dashboard. [F2]",
        answers: { 202: z.object({ source: Name }) },
        who: "server",
        schema: Update,
        handle({ input }) {
          push(input);
          return { status: 202, body: { source: input.source } };
        },
      }),
    ],
    push(source, values) {
      const checked = Update.safeParse({ source, values });
      if (!checked.success) {
        const [issue] = checked.error.issues;
        throw new RelayError(ErrorCode.badRequest, `Cannot push "${source}": ${issue?.message}`);
      }
      push(checked.data);
    },
    start(given) {
      host = given;
      last = new LastValues(host);
      pushed = new Coalescer(host.clock, leastMs, (source, values) => {
        const update = stamped(host, source, values);
        host.broadcast(ROOM, TYPE, update, { key: source });
        last.keep(source, update);
      });
      return () => {
        pushed.close();
        last.close();
      };
    },
    joined(room, member) {
      if (room.id !== ROOM) return;
      if (!watches.has(room)) watches.set(room, watchOwn(room, host, everyMs, (update) => last.own = update));
      last.tell((update) => member.send(TYPE, update));
    },
    closed(room) {
      watches.get(room)?.();
      if (watches.delete(room)) last.own = undefined;
    },
  };
}

/** Tells the members here the relay's numbers, at once and then every so often. Each node does so for its own. */
function watchOwn(
  room: FeatureRoom,
  host: FeatureHost,
  everyMs: number,
  keep: (update: object) => void,
): Cancel {
  let ended = false;
  let cancel: Cancel = () => {};
  const tell = async () => {
    try {
      const values = await host.vitals();
      if (ended) return;
      const update = stamped(host, OWN, values);
      keep(update);
      room.broadcast(TYPE, update, { key: OWN, here: true });
    } catch (error) {
      host.logger.warn("vitals_failed", { reason: String(error) });
    } finally {
      if (!ended) cancel = host.clock.after(everyMs, () => void tell());
    }
  };
  void tell();
  return () => {
    ended = true;
    cancel();
  };
}

function stamped({ clock }: FeatureHost, source: string, values: SeriesValues): object {
  return { roomId: ROOM, source, at: isoTime(clock.now()), values };
}
