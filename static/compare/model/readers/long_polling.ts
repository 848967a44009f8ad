import { apiUrl } from "../../../shared/api_url.ts";
import { bytesOf, HEADER_BYTES, type Reader, type Reading, take } from "../reader.ts";

/** How long the server may keep a request waiting. */
const WAIT_MS = 25_000;
/** How long to wait after an answer that was none. */
const RETRY_MS = 2000;

/** Asks, and the answer waits until there is one. Then asks again. [T3] */
export function longPolling(reading: Reading): Reader {
  let stopped = new AbortController();
  const ask = async ({ signal }: AbortController) => {
    const path = `api/rooms/${reading.roomId}/messages/wait?since=${reading.position}&timeoutMs=${WAIT_MS}`;
    reading.meter.request();
    const response = await fetch(apiUrl(path), { signal });
    const body = await response.text();
    reading.meter.carried(HEADER_BYTES + bytesOf(body));
    if (!response.ok) throw new Error(body);
    take(reading, JSON.parse(body).messages);
  };
  const failed = ({ signal }: AbortController) => {
    if (!signal.aborted) reading.meter.failed();
    return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  };
  const loop = async (current: AbortController) => {
    while (!current.signal.aborted) {
      await ask(current).catch(() => failed(current));
    }
  };
  return {
    start() {
      stopped = new AbortController();
      void loop(stopped);
    },
    stop: () => stopped.abort(),
  };
}
