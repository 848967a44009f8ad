import { BEARER_PREFIX } from "../wire.ts";
import type { Codec } from "./codec.ts";
import { jsonDeflate, msgpackDeflate } from "./deflate.ts";
import { json } from "./json.ts";
import { jsonBatch } from "./json_batch.ts";
import { msgpack } from "./msgpack.ts";

export type { Codec, Frame } from "./codec.ts";
export { json, jsonBatch, jsonDeflate, msgpack, msgpackDeflate };

/** Every codec there is: a new one is its file and a line here. */
export const codecs: readonly Codec[] = [json, jsonBatch, jsonDeflate, msgpack, msgpackDeflate];

/** The outcome of negotiation: the codec, and the name to echo (none when none was offered). [C1] */
export interface Negotiated {
  codec: Codec;
  echo: string | undefined;
}

/**
 * The first offered codec we know. No codec name offered at all means plain JSON without an echo; only unknown
 * ones mean `undefined`, which a handshake answers with 400. A `bearer.` name is a credential, not a codec.
 */
export function negotiate(offered: readonly string[]): Negotiated | undefined {
  const names = offered.filter((name) => !name.startsWith(BEARER_PREFIX));
  // a lone bearer cannot be served: browsers abort when nothing they offered is chosen [C2]
  if (names.length === 0) return offered.length === 0 ? { codec: json, echo: undefined } : undefined;
  for (const name of names) {
    const codec = codecs.find((one) => one.name === name);
    if (codec) return { codec, echo: name };
  }
  return undefined;
}
