/** The envelopes of an event stream, as they come. Ends when the signal aborts. [T1] */
import type { Envelope } from "../../protocol/messages.ts";
import type { ClientClock } from "../types.ts";

/** How long a stream may be silent: comments come every 15 s. */
const SILENCE_MS = 20_000;

export async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
  clock: ClientClock,
  received: (envelope: Envelope) => void,
): Promise<void> {
  // a byte order mark is a character of some message, not the stream's
  const text = body.pipeThrough(new TextDecoderStream("utf-8", { ignoreBOM: true })).getReader();
  const stop = () => text.cancel().catch(() => {});
  // beside the request's own end: not every runtime goes on listening to its signal
  signal.addEventListener("abort", stop);
  for (let rest = "";;) {
    const cancel = clock.after(SILENCE_MS, stop);
    const { done, value } = await text.read().finally(cancel);
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith("data:")) received(JSON.parse(line.slice(5)));
  }
}
