import * as z from "zod";

/** Seconds since 1970 that a date can be made of. */
export const Moment = z.number().min(0).max(8.64e12);
