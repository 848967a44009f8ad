import { apiUrl } from "../../../shared/api_url.ts";
import { bytesOf, HEADER_BYTES, type Reader, type Reading, take } from "../reader.ts";

/** Asks every so often. An answer that nothing is new is 304, and has no body. [T2] */
export function polling(reading: Reading): Reader {
  let stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let etag = "";
  const ask = async ({ signal }: AbortController) => {
    const url = apiUrl(`api/rooms/${reading.roomId}/messages?limit=200&since=${reading.position}`);
    reading.meter.request();
    const response = await fetch(url, { signal, headers: etag === "" ? {} : { "if-none-match": etag } });
    const body = await response.text();
    reading.meter.carried(HEADER_BYTES + bytesOf(body));
    if (response.status === 304) return;
    if (!response.ok) throw new Error(body);
    const page = JSON.parse(body);
    // a page that is not the last is not all there is: only the last one's tag says that nothing is new
    etag = page.hasMore ? "" : response.headers.get("etag") ?? "";
    take(reading, page.messages);
  };
  const turn = async (current: AbortController) => {
    // a failure is over with the next turn
    await ask(current).catch(() => current.signal.aborted || reading.meter.failed());
    if (!current.signal.aborted) timer = setTimeout(() => void turn(current), reading.pollEveryMs());
  };
  return {
    start() {
      stopped = new AbortController();
      void turn(stopped);
    },
    stop() {
      clearTimeout(timer);
      stopped.abort();
    },
  };
}
