import { zValidator } from "@hono/zod-validator";
import type { ValidationTargets } from "hono";
import type * as z from "zod";
import { misread } from "../hub/checked.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { marked } from "./described/parts.ts";

/** Checks one part of a request. What is wrong with it is answered as every other error is. [E4] */
export function valid<T extends z.ZodType, Target extends keyof ValidationTargets>(
  target: Target,
  schema: T,
) {
  const validator = zValidator(target, schema, (result) => {
    if (!result.success) throw misread(result.error, NAMES[target] ?? target);
  });
  return marked({ [target]: schema, refuses: [ErrorCode.badRequest] }, validator);
}

const NAMES: Partial<Record<keyof ValidationTargets, string>> = {
  json: "body",
  param: "address",
  header: "headers",
};
