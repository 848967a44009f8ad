/** What an envelope takes beside the content: type, ids, room. Rather too much than too little. */
const ENVELOPE_BYTES = 512;
const encoder = new TextEncoder();

/** How much of a message's room is used. */
export interface MessageSize {
  readonly usedBytes: number;
  readonly maxBytes: number;
  /** worth telling the writer: over four fifths are used */
  readonly isClose: boolean;
  readonly isOver: boolean;
}

/** Measures a message as it will be on the wire, against the largest envelope that the server takes. [L] */
export function messageSize(content: string, maxMessageBytes: number): MessageSize {
  const maxBytes = Math.max(0, maxMessageBytes - ENVELOPE_BYTES);
  // a character is at most three bytes in UTF-8 and six when JSON escapes it: short text need not be encoded
  const isSurelySmall = content.length * 6 < maxBytes * 0.8;
  const usedBytes = isSurelySmall ? content.length : encoder.encode(JSON.stringify(content)).length - 2;
  return { usedBytes, maxBytes, isClose: usedBytes > maxBytes * 0.8, isOver: usedBytes > maxBytes };
}
