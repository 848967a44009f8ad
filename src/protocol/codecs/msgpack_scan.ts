/**
 * Walks a MessagePack value without building it and says whether it is whole: one value, every container as long
 * as it claims, none nested deeper than `maxDepth`. A decoder allocates what a header promises, so that a frame of
 * 200 bytes can ask for gigabytes; after this walk nothing is promised that is not there.
 */
export function isWhole(bytes: Uint8Array, maxDepth: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** values still to come, for each container that is open */
  const open: number[] = [1];
  let at = 0;
  while (open.length > 0) {
    const left = open[open.length - 1]!;
    if (left === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1] = left - 1;
    const token = at < bytes.length ? read(view, at) : undefined;
    if (!token) return false;
    at += token.bytes;
    // each value to come takes at least one byte
    if (at > bytes.length || token.values > bytes.length - at) return false;
    if (token.values > 0) {
      if (open.length > maxDepth) return false;
      open.push(token.values);
    }
  }
  return at === bytes.length;
}

interface Token {
  /** its header, and its content unless that is made of values */
  readonly bytes: number;
  /** how many values follow inside it */
  readonly values: number;
}

/** Whole sizes of the values that have no length field. */
const FIXED: Readonly<Record<number, number>> = {
  0xc0: 1, // nil
  0xc2: 1, // false
  0xc3: 1, // true
  0xca: 5, // float 32
  0xcb: 9, // float 64
  0xcc: 2, // uint 8
  0xcd: 3, // uint 16
  0xce: 5, // uint 32
  0xcf: 9, // uint 64
  0xd0: 2, // int 8
  0xd1: 3, // int 16
  0xd2: 5, // int 32
  0xd3: 9, // int 64
};

function read(view: DataView, at: number): Token | undefined {
  const head = view.getUint8(at);
  if (head <= 0x7f || head >= 0xe0) return { bytes: 1, values: 0 };
  if (head <= 0x8f) return { bytes: 1, values: (head & 0x0f) * 2 };
  if (head <= 0x9f) return { bytes: 1, values: head & 0x0f };
  if (head <= 0xbf) return { bytes: 1 + (head & 0x1f), values: 0 };
  const fixed = FIXED[head];
  if (fixed !== undefined) return { bytes: fixed, values: 0 };
  switch (head) {
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return content(view, at, 1);
    case 0xc5: // bin 16
    case 0xda: // str 16
      return content(view, at, 2);
    case 0xc6: // bin 32
    case 0xdb: // str 32
      return content(view, at, 4);
    case 0xdc: // array 16
      return values(view, at, 2, 1);
    case 0xdd: // array 32
      return values(view, at, 4, 1);
    case 0xde: // map 16
      return values(view, at, 2, 2);
    case 0xdf: // map 32
      return values(view, at, 4, 2);
    default:
      // extensions: the protocol has none
      return undefined;
  }
}

function content(view: DataView, at: number, width: 1 | 2 | 4): Token | undefined {
  const length = lengthAt(view, at, width);
  return length === undefined ? undefined : { bytes: 1 + width + length, values: 0 };
}

function values(view: DataView, at: number, width: 2 | 4, each: 1 | 2): Token | undefined {
  const length = lengthAt(view, at, width);
  return length === undefined ? undefined : { bytes: 1 + width, values: length * each };
}

function lengthAt(view: DataView, at: number, width: 1 | 2 | 4): number | undefined {
  if (at + 1 + width > view.byteLength) return undefined;
  if (width === 1) return view.getUint8(at + 1);
  return width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}
