/** What a number is, and what it is told apart by. */
export interface Meter {
  /** only grows, goes up and down, or counts values by size */
  readonly kind: "counter" | "gauge" | "histogram";
  /** the names of its labels */
  readonly labels: readonly string[];
  /** one sentence for whoever reads the numbers */
  readonly help: string;
  /** upper bounds of a histogram's buckets, in the unit of its name */
  readonly buckets?: readonly number[];
  /** what stands for all isolates of a process: their sum, unless this says otherwise */
  readonly across?: "sum" | "max" | "min";
}

/** From half a millisecond, a commit on a good disk, to ten seconds, after which a client has given up. */
const LATENCY_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const GROUP = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/**
 * Every number a relay tells about itself. Names follow Prometheus: base units, and `_total` for what only grows;
 * who publishes them puts the prefix before them. The values of every label are a closed list too, because each
 * new one is a series that is kept for ever: nothing that a client can make up becomes one.
 */
export const meters = {
  connections: {
    kind: "gauge",
    labels: ["transport", "codec"],
    help: "Open connections.",
  },
  sessions: {
    kind: "gauge",
    labels: [],
    help: "Conversations with clients.",
  },
  rooms_active: {
    kind: "gauge",
    labels: [],
    help: "Rooms that have members, counted by each isolate that has some of them.",
  },
  members: {
    kind: "gauge",
    labels: ["pace"],
    help: "Sessions in rooms, each room counted: live ones, and those that are served from the log.",
  },
  envelopes_total: {
    kind: "counter",
    labels: ["type", "direction"],
    help: "Envelopes by type: received, and sent to each reader.",
  },
  envelope_bytes_total: {
    kind: "counter",
    labels: ["type", "direction"],
    help: "Bytes of these envelopes as JSON, before a codec packs or joins them.",
  },
  frames_total: {
    kind: "counter",
    labels: ["direction"],
    help: "Frames received, and handed to connections.",
  },
  http_requests_total: {
    kind: "counter",
    labels: [],
    help: "Requests that came in, upgrades included.",
  },
  ack_latency_seconds: {
    kind: "histogram",
    labels: ["type"],
    help: "From a message's arrival to its queued ack.",
    buckets: LATENCY_S,
  },
  errors_total: {
    kind: "counter",
    labels: ["code"],
    help: "Messages and frames answered with an error.",
  },
  queue_bytes: {
    kind: "gauge",
    labels: ["queue"],
    help: "What waits for readers: replies, keyed state, and what connections have not sent yet.",
  },
  queue_envelopes: {
    kind: "gauge",
    labels: ["queue"],
    help: "Envelopes that wait: for the ones of their client before them, and for the store.",
  },
  slow_readers: {
    kind: "gauge",
    labels: [],
    help: "Sessions whose connection takes nothing at the moment.",
  },
  closes_total: {
    kind: "counter",
    labels: ["code"],
    help: "Ended sessions by close code; 1006 is a connection that was cut.",
  },
  connections_lost_total: {
    kind: "counter",
    labels: ["reason"],
    help: "Sessions that ended abnormally.",
  },
  connections_shed_total: {
    kind: "counter",
    labels: [],
    help: "Connections that ended because the process held too much memory.",
  },
  resumes_total: {
    kind: "counter",
    labels: ["outcome"],
    help: "Joins: fresh ones, and resumed ones whose missed messages followed or were gone.",
  },
  hints_total: {
    kind: "counter",
    labels: ["direction"],
    help: "Hints that a room has grown, from and to the other nodes.",
  },
  gaps_healed_total: {
    kind: "counter",
    labels: ["by"],
    help:
      "Looks into a room's log that found what this node did not have, by what made it look. A sweep that finds something makes up for a lost hint.",
  },
  backplane_bad_total: {
    kind: "counter",
    labels: [],
    help: "News from the backplane that were none.",
  },
  store_errors_total: {
    kind: "counter",
    labels: ["operation"],
    help: "Operations the store failed.",
  },
  commit_writes: {
    kind: "histogram",
    labels: [],
    help: "Messages and rows in one durable commit.",
    buckets: GROUP,
  },
  commit_duration_seconds: {
    kind: "histogram",
    labels: [],
    help: "How long a durable commit took.",
    buckets: LATENCY_S,
  },
  event_loop_lag_seconds: {
    kind: "gauge",
    labels: [],
    help: "The worst delay of a timer in the last 15 to 30 seconds, of the worst isolate.",
    across: "max",
  },
  webhooks_total: {
    kind: "counter",
    labels: ["event", "outcome"],
    help:
      "Events for the application: delivered, failed after all tries, or dropped for want of room or time.",
  },
  webhooks_waiting: {
    kind: "gauge",
    labels: [],
    help: "Events for the application that are not delivered yet.",
  },
  webhook_duration_seconds: {
    kind: "histogram",
    labels: [],
    help: "How long one try to deliver an event took.",
    buckets: LATENCY_S,
  },
  uncaught_total: {
    kind: "counter",
    labels: [],
    help: "Errors nobody caught: each of them is a bug.",
  },
  isolates: {
    kind: "gauge",
    labels: [],
    help: "Serving isolates these numbers stand for.",
  },
  isolates_replaced_total: {
    kind: "counter",
    labels: ["cause"],
    help:
      "Isolates that had to be replaced: for an error, a loop that did not turn, or memory they could not free.",
  },
  heap_used_bytes: {
    kind: "gauge",
    labels: [],
    help: "JavaScript heap in use.",
  },
  heap_total_bytes: {
    kind: "gauge",
    labels: [],
    help: "JavaScript heap taken from the system.",
  },
  process_cpu_seconds_total: {
    kind: "counter",
    labels: [],
    help: "User and system CPU time of the process.",
    across: "max",
  },
  process_resident_memory_bytes: {
    kind: "gauge",
    labels: [],
    help: "Resident memory of the process.",
    across: "max",
  },
  process_start_time_seconds: {
    kind: "gauge",
    labels: [],
    help: "When the oldest isolate started, in Unix time.",
    across: "min",
  },
} as const satisfies Record<string, Meter>;

/** The names of one kind. */
export type MeterName<K extends Meter["kind"] = Meter["kind"]> = {
  [N in keyof typeof meters]: (typeof meters)[N]["kind"] extends K ? N : never;
}[keyof typeof meters];

/** A value for each of its labels; no argument at all for a meter without labels. */
export type Labels<N extends MeterName> = (typeof meters)[N]["labels"][number] extends never ? []
  : [labels: Readonly<Record<(typeof meters)[N]["labels"][number], string>>];
