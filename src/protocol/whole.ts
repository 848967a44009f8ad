import * as z from "zod";
import { shown } from "./shown.ts";

/** A number in an address, as one writes it: what else a machine takes for one (`0x10`, `1e2`, ` 5`) is refused. */
export function whole(min: number, max: number) {
  return z.string().regex(/^\d{1,16}$/, "must be a whole number").transform(Number)
    .pipe(z.number().min(min).max(max))
    .register(shown, { type: "integer", minimum: min, maximum: max });
}
