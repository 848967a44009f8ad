import { Ping } from "../../protocol/schemas.ts";
import { handler } from "../handler.ts";

/** [H2] */
export const ping = handler({ schema: Ping, answersAs: "pong", handle: () => ({}) });
