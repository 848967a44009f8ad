import { ROOM_ID } from "../../../src/protocol/wire.ts";

const PREFIX = "game:";
const DEFAULT = "oshi";

/** The room of an address such as `?room=tea`; the game that all play where it names none. */
export function roomOf(search: string): string {
  const named = `${PREFIX}${new URLSearchParams(search).get("room") ?? DEFAULT}`;
  return ROOM_ID.test(named) && named !== PREFIX ? named : `${PREFIX}${DEFAULT}`;
}
