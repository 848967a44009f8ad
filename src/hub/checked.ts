import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

/** What Zod finds wrong with a value. */
interface Misfit {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Misfit };
}

/**
 * What a schema makes of what a client sent.
 * @throws {RelayError} `bad_request`
 */
export function checked<T>(schema: Schema<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw misread(result.error, what);
}

/** The error of what fits no schema: it names the first thing that is wrong. */
export function misread({ issues: [issue] }: Misfit, what: string): RelayError {
  const path = issue?.path.join(".");
  return new RelayError(
    ErrorCode.badRequest,
    `Cannot read ${what}: ${path ? `${path}: ` : ""}${issue?.message}`,
  );
}
