import type { Codec, Frame } from "../protocol/codecs/codec.ts";
import type { Feature, FeatureHost } from "./feature.ts";
import type { Limits } from "./limits.ts";
import type { Observer } from "./observer.ts";
import type {
  Backplane,
  Clock,
  Identities,
  Identity,
  Ids,
  Logger,
  Metrics,
  Policy,
  Store,
  TransportName,
} from "./ports.ts";
import type { Session } from "./session.ts";

/** What a hub is made of. */
export interface HubOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly backplane: Backplane;
  readonly policy: Policy;
  /** knows tokens: none, by default */
  readonly identities?: Identities;
  readonly logger: Logger;
  readonly features: readonly Feature[];
  readonly nodeId: string;
  readonly limits?: Partial<Limits>;
  /** nobody counts, by default */
  readonly metrics?: Metrics;
  /** What the process says of itself at a moment, for features that show it: nothing, by default. */
  readonly vitals?: FeatureHost["vitals"];
  /** Is told what happened, after it happened. */
  readonly observer?: Observer;
}

export interface AttachOptions {
  readonly identity: Identity;
  readonly codec: Codec;
  /** the token of a guest who came without one [C3] */
  readonly session?: string;
  readonly transport?: TransportName;
  /** whether `welcome` is the first frame: not on a stream, which opens with its rooms [C4] [T1] */
  readonly welcome?: boolean;
}

/** What a transport holds of a session: it feeds frames in and says when the connection is gone. */
export interface Attached {
  readonly session: Session;
  receive(frame: Frame): void;
  /** The connection is gone. Safe to call more than once. */
  gone(code: number, reason: string): void;
}
