const encoder = new TextEncoder();
const scratch = new Uint8Array(16 * 1024);

/** Bytes of a text in UTF-8, without keeping them. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let rest = text; rest !== "";) {
    const { read, written } = encoder.encodeInto(rest, scratch);
    bytes += written;
    rest = read === rest.length ? "" : rest.slice(read);
  }
  return bytes;
}
