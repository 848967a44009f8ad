import { apiUrl } from "../../../shared/api_url.ts";
import { bytesOf, HEADER_BYTES, type Reader, type Reading, take } from "../reader.ts";

/** `data: `, `id: ` and the ends of lines. */
const FRAMING_BYTES = 13;

/** One request that never ends. [T1] */
export function sse(reading: Reading): Reader {
  let source: EventSource | undefined;
  return {
    start() {
      source = new EventSource(apiUrl(`api/events?rooms=${reading.roomId}&since=${reading.position}`));
      source.onopen = () => {
        reading.meter.request();
        reading.meter.carried(HEADER_BYTES);
      };
      source.onerror = () => reading.meter.failed();
      source.onmessage = ({ data, lastEventId }) => {
        reading.meter.carried(FRAMING_BYTES + bytesOf(data) + lastEventId.length);
        take(reading, [JSON.parse(data)]);
      };
    },
    stop: () => source?.close(),
  };
}
