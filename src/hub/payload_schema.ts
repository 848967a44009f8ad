import type * as z from "zod";

/**
 * A Zod schema that makes a `P` of what a client sent.
 * @internal
 */
export type PayloadSchema<P> = z.ZodType<P>;
