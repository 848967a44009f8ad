import type { PayloadSchema } from "./payload_schema.ts";
import type { Identity } from "./ports.ts";

/** Who may ask: the application's servers, users who are known, or anybody. [S0] */
export type FeatureCaller = "server" | "user" | "anybody";

/** One request to a feature's route, checked and allowed. */
export interface FeatureRequest<P> {
  /** what the schema made of the address, the query and the body together */
  readonly input: P;
  /** who asks; nobody where servers or anybody may */
  readonly identity: Identity | undefined;
}

/** What a route answers. */
export interface FeatureAnswer {
  /** 200 unless given */
  readonly status?: number;
  /** sent as JSON */
  readonly body: object;
}

/** Something a feature answers over HTTP. It knows no request: a transport translates. */
export interface FeatureRoute<P = unknown> {
  /** a body is read of what changes something only */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** below `/api/`, with parameters as `/api/users/:userId/notifications` */
  readonly path: string;
  /** who may ask */
  readonly who: FeatureCaller;
  /** a Zod schema of what the query, the JSON body and, above both, the address say, in one object */
  readonly schema: PayloadSchema<P>;
  /** what it is for, in a sentence: for documents */
  readonly about?: string;
  /** a Zod schema of the body by status: for documents */
  readonly answers?: Readonly<Record<number, PayloadSchema<unknown>>>;
  /** Answers. @throws {RelayError} what the caller is to know */
  handle(request: FeatureRequest<P>): FeatureAnswer | Promise<FeatureAnswer>;
}

/** Types a route's input by its schema. */
export function featureRoute<P>(definition: FeatureRoute<P>): FeatureRoute {
  return definition as FeatureRoute<unknown>;
}
