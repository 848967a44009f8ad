import { DOCUMENT_PREFIX, ROOM_ID } from "../../../src/protocol/wire.ts";

/** The document of an address that names none. */
const DEFAULT_DOCUMENT = "welcome";

/** Which document the address names, `?doc=plan`; nothing when no document can be called so. */
export function documentOf(search: string): string | undefined {
  const id = new URLSearchParams(search).get("doc") || DEFAULT_DOCUMENT;
  return ROOM_ID.test(DOCUMENT_PREFIX + id) ? id : undefined;
}
