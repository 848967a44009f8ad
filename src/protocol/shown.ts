import * as z from "zod";

/** Keywords of JSON Schema, as `{ type: "integer", minimum: 1 }`. */
export type Keywords = Readonly<Record<string, unknown>>;

/**
 * What stands in a document for a schema that JSON Schema cannot say: one that makes something else of what came in.
 * It lies beside the schema, so that both are changed together.
 */
export const shown: z.core.$ZodRegistry<Keywords> = z.registry<Keywords>();
