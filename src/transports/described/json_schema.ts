import * as z from "zod";
import { shown } from "../../protocol/shown.ts";

/** A schema as it stands in a document. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * What a schema takes, as JSON Schema. What JSON Schema cannot say is left open, or said by what the schema is `shown`
 * as: the schema itself is what checks.
 */
export function jsonSchema(
  schema: z.ZodType,
  target: "draft-2020-12" | "draft-07" = "draft-2020-12",
): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    target,
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const keywords = shown.get(zodSchema);
      if (keywords) {
        for (const key of Object.keys(jsonSchema)) if (key !== "description") delete jsonSchema[key];
        Object.assign(jsonSchema, keywords);
      }
      // what the format says
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      // the largest whole number says nothing to anybody
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return made;
}

/** The properties of an object, each with its schema, and whether it has to be there. */
export function propertiesOf(schema: JsonSchema): { name: string; schema: JsonSchema; required: boolean }[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    schema: property as JsonSchema,
    required: required.includes(name),
  }));
}
