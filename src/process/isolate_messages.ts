import type { Config } from "../config.ts";
import type { Snapshot } from "../observability/metrics.ts";

/** What the supervisor counts places of. */
export type PlaceKind = "connections" | "waiting";

/** What a supervisor tells an isolate. */
export type ToIsolate =
  /** comes once and first; `store` leads to the process's one store */
  | { kind: "start"; config: Config; nodeId: string; store: MessagePort }
  | { kind: "ping" }
  /** the answer to `take` */
  | { kind: "place"; id: number; granted: boolean }
  /** asks for a `snapshot` */
  | { kind: "snapshot_wanted"; id: number }
  /** the answer to `gather`: the measurements of everybody else */
  | { kind: "gathered"; id: number; snapshots: Snapshot[] }
  | { kind: "stop" };

/** What an isolate tells its supervisor. */
export type FromIsolate =
  | { kind: "listening"; address: Deno.NetAddr }
  | { kind: "pong" }
  | { kind: "take"; id: number; of: PlaceKind; holder: string }
  | { kind: "give_back"; id: number }
  /** asks for the measurements of everybody else */
  | { kind: "gather"; id: number }
  | { kind: "snapshot"; id: number; snapshot: Snapshot }
  | { kind: "stopped" };
