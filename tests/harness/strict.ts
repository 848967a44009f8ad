import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { FeatureMessages, HubMessages } from "../../src/protocol/server_schemas.ts";

const schemas: Readonly<Record<string, z.ZodType>> = { ...HubMessages, ...FeatureMessages };

/** Why a frame of the server is not what its schema says, every field of it; nothing when it is. */
export function misfitOf(
  { type, payload }: { readonly type: string; readonly payload: unknown },
): string | undefined {
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  return schema ? excessOf(schema, payload, type) : `${type}: there is no schema`;
}

/** Why a value is not what a schema says, or has more than that. */
export function excessOf(schema: z.ZodType, value: unknown, what: string): string | undefined {
  const read = schema.safeParse(value);
  if (!read.success) return `${what}: ${z.prettifyError(read.error)}`;
  // what a schema does not know it drops
  if (isDeepStrictEqual(read.data, value)) return undefined;
  return `${what}: ${JSON.stringify(value)} has more than ${JSON.stringify(read.data)}`;
}
