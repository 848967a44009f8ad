import type { Config } from "../config.ts";
import type { Snapshot } from "../observability/metrics.ts";
import type { AttemptKind } from "../transports/entry_rates.ts";

/** What the supervisor counts places of. */
export type PlaceKind = "connections" | "waiting";

/** What a supervisor tells an isolate. */
export type ToIsolate =
  /** comes once and first; `store` leads to the process's one store, if it has one */
  | { kind: "start"; config: Config; nodeId: string; store: MessagePort | undefined }
  | { kind: "ping" }
  /** the answer to `take` */
  | { kind: "place"; id: number; granted: boolean }
  /** the answer to `attempt` */
  | { kind: "attempted"; id: number; retryAfterMs: number }
  /** an address was counted too often, through whichever isolate or process */
  | { kind: "exceeded"; of: AttemptKind; address: string; forMs: number }
  /** asks for a `snapshot` */
  | { kind: "snapshot_wanted"; id: number }
  /** the answer to `gather`: the measurements of everybody else */
  | { kind: "gathered"; id: number; snapshots: Snapshot[] }
  | { kind: "stop" };

/** What an isolate tells its supervisor. */
export type FromIsolate =
  | { kind: "listening"; address: Deno.NetAddr }
  | { kind: "pong" }
  /** only its end frees what its connections keep */
  | { kind: "overwhelmed" }
  | { kind: "take"; id: number; of: PlaceKind; holder: string }
  | { kind: "give_back"; id: number }
  | { kind: "attempt"; id: number; of: AttemptKind; address: string }
  /** asks for the measurements of everybody else, and tells its own */
  | { kind: "gather"; id: number; own: Snapshot }
  | { kind: "snapshot"; id: number; snapshot: Snapshot }
  | { kind: "stopped" };
