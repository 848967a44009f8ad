import { apiUrl } from "../../../shared/api_url.ts";
import { bytesOf, HEADER_BYTES, type Reader, type Reading, take } from "../reader.ts";

/** The head of a frame that carries more than 125 bytes. */
const FRAMING_BYTES = 4;
const RETRY_MS = 2000;

/** A socket: what comes needs no request, and what goes up could go the same way. [C1] */
export function webSocket(reading: Reading): Reader {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    const url = apiUrl("ws");
    url.protocol = url.protocol.replace("http", "ws");
    const opened = socket = new WebSocket(url);
    opened.onopen = () => {
      reading.meter.request();
      reading.meter.carried(HEADER_BYTES);
      const dot = reading.position.lastIndexOf(".");
      const since = {
        epoch: reading.position.slice(0, dot),
        offset: Number(reading.position.slice(dot + 1)),
      };
      opened.send(JSON.stringify({ type: "join_room", payload: { roomId: reading.roomId, since } }));
    };
    opened.onmessage = ({ data }) => {
      reading.meter.carried(FRAMING_BYTES + bytesOf(data));
      take(reading, [JSON.parse(data)]);
    };
    opened.onclose = () => {
      if (socket !== opened) return;
      reading.meter.failed();
      timer = setTimeout(connect, RETRY_MS);
    };
  };
  return {
    start: connect,
    stop() {
      clearTimeout(timer);
      const closing = socket;
      socket = undefined;
      closing?.close();
    },
  };
}
