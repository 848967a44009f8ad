import type { MiddlewareHandler } from "hono";
import type * as z from "zod";
import type { ErrorCode } from "../../protocol/wire.ts";

/**
 * Who may ask: the application's servers, users who are known, whoever opens a stream or begins a session (guests too,
 * where they may enter), or anybody.
 */
export type Caller = "server" | "user" | "reader" | "session" | "anybody";

/** The body of an answer: JSON of this shape, another media type, or none. */
export type AnswerBody = z.ZodType | `${string}/${string}` | null;

/** An error, under another status than its own. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
}

/** What one handler of a route contributes to the route's description. */
export interface RoutePart {
  /** what the route is for, in a sentence, with the rule it follows */
  readonly about?: string;
  readonly who?: Caller;
  /** what is checked of a request, each with the schema that checks it */
  readonly param?: z.ZodType;
  readonly query?: z.ZodType;
  readonly json?: z.ZodType;
  /** the body may be left out */
  readonly bodyOptional?: boolean;
  /** what the address, the query and the body say together */
  readonly input?: z.ZodType;
  /** headers that mean something here */
  readonly headers?: readonly string[];
  /** by status */
  readonly answers?: Readonly<Record<number, AnswerBody>>;
  readonly refuses?: readonly (ErrorCode | Refusal)[];
  /** what it says is of these methods alone; of all, by default */
  readonly methods?: readonly string[];
}

const PART = Symbol("what a handler does, for documents");

/** Marks a handler with what it does, where it is made: a document of the routes is read off the routes. */
export function marked<H extends object>(part: RoutePart | readonly RoutePart[], handler: H): H {
  return Object.assign(handler, { [PART]: [part].flat() });
}

/** Says of a route what none of its handlers can say of itself. */
export function about(...parts: readonly RoutePart[]): MiddlewareHandler {
  return marked(parts, (_c: unknown, next: () => Promise<void>) => next());
}

/** What a handler does, as far as it was marked. */
export function partsOf(handler: object): readonly RoutePart[] {
  return (handler as { readonly [PART]?: readonly RoutePart[] })[PART] ?? [];
}
