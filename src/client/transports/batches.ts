import type { Envelope } from "../../protocol/messages.ts";
import type { ClientCodec } from "../types.ts";

type Frame = ReturnType<ClientCodec["encode"]>;

/** What a batch may hold. [C1] */
const MAX_ENVELOPES = 100;
/** Beyond this a batch saves nothing any more; far below what a frame may be, whatever UTF-8 makes of it. [L1] */
const ENOUGH = 65_536;

/** Makes one frame of what is said within one turn, where the codec can: of ten rooms' joins, or of many events. */
export function createBatches(codec: ClientCodec, send: (frame: Frame) => void): {
  add(envelope: Envelope): void;
  flush(): void;
} {
  let parts: Frame[] = [];
  let size = 0;

  function flush() {
    const [first, second] = parts;
    if (first) send(second ? codec.join!(parts) : first);
    parts = [];
    size = 0;
  }

  return {
    add(envelope) {
      const part = codec.encode(envelope);
      if (parts.length === MAX_ENVELOPES || size + part.length > ENOUGH) flush();
      if (!parts.length && codec.join) queueMicrotask(flush);
      parts.push(part);
      size += part.length;
      if (!codec.join) flush();
    },
    flush,
  };
}
