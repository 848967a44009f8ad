import type * as Y from "yjs";

/** As much of Yjs as cutting takes. */
export type Cutter = Pick<typeof Y, "decodeUpdate" | "diffUpdate" | "UpdateEncoderV1" | "ContentString">;

type Struct = ReturnType<Cutter["decodeUpdate"]>["structs"][number];

/** A struct from `start` on, up to `end` of its characters. */
interface Cut {
  readonly struct: Struct;
  readonly start: number;
  readonly end: number;
}

/** What stands around a struct: ids, origins, names of types. */
const MARGIN_BYTES = 100;
/** A character of text in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/**
 * Cuts an update into several of about `maxBytes`, which say the same one after the other: a large paste, or a large
 * deletion that is undone, is one update and may be more than an envelope takes. Only text can be cut in itself; what
 * else is too large stays so.
 */
export function pieces(yjs: Cutter, update: Uint8Array, maxBytes: number): Uint8Array[] {
  if (update.length <= maxBytes) return [update];
  const { structs } = yjs.decodeUpdate(update);
  const known = new Map<number, number>();
  const cut: Uint8Array[] = [];
  let waiting: Cut[] = [];
  let size = 0;
  const flush = () => {
    if (waiting.length > 0) cut.push(encode(yjs, waiting));
    waiting = [];
    size = 0;
  };
  for (const struct of structs) {
    known.set(struct.id.client, struct.id.clock + struct.length);
    for (const part of parts(yjs, struct, maxBytes)) {
      const bytes = MARGIN_BYTES + encode(yjs, [part]).length;
      // one client a piece: its structs follow each other
      const follows = waiting.at(-1)?.struct.id.client === struct.id.client;
      if (size + bytes > maxBytes || !follows) flush();
      waiting.push(part);
      size += bytes;
    }
  }
  flush();
  // what is left when everything inserted is known already: the deletions
  const deletions = yjs.diffUpdate(update, vectorOf(known));
  return deletions.length > EMPTY_BYTES ? [...cut, deletions] : cut;
}

/** An update that says nothing. */
const EMPTY_BYTES = 2;

function parts(yjs: Cutter, struct: Struct, maxBytes: number): Cut[] {
  const text = textOf(yjs, struct);
  if (text === undefined) return [{ struct, start: 0, end: struct.length }];
  const step = Math.max(1, Math.floor((maxBytes - 2 * MARGIN_BYTES) / BYTES_PER_CHARACTER));
  const found: Cut[] = [];
  for (let start = 0; start < text.length;) {
    const end = betweenCharacters(text, Math.min(text.length, start + step));
    found.push({ struct, start, end });
    start = end;
  }
  return found;
}

/** Yjs replaces the halves of a character that is cut in two. */
function betweenCharacters(text: string, at: number): number {
  const half = text.charCodeAt(at - 1);
  return at < text.length && half >= 0xd800 && half < 0xdc00 ? at + 1 : at;
}

function textOf(yjs: Cutter, struct: Struct): string | undefined {
  if (!("content" in struct)) return undefined;
  const { content } = struct;
  return content instanceof yjs.ContentString ? content.str : undefined;
}

/** Structs of one client as an update without deletions. */
function encode(yjs: Cutter, cuts: readonly Cut[]): Uint8Array {
  const [{ struct: { id }, start }] = cuts as [Cut];
  const encoder = new yjs.UpdateEncoderV1();
  for (const { struct, start, end } of cuts) {
    const text = textOf(yjs, struct);
    if (text === undefined || !("content" in struct)) {
      struct.write(encoder, start);
      continue;
    }
    const { content } = struct;
    struct.content = new yjs.ContentString(text.slice(0, end));
    struct.write(encoder, start);
    struct.content = content;
  }
  const head = [1, cuts.length, id.client, id.clock + start].flatMap(varUint);
  return new Uint8Array([...head, ...encoder.toUint8Array(), 0]);
}

/** A state vector: who inserted how much. */
function vectorOf(known: ReadonlyMap<number, number>): Uint8Array {
  return new Uint8Array([known.size, ...[...known].flat()].flatMap(varUint));
}

/** A number in groups of seven bits, the lowest first, as Yjs writes it. */
function varUint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push(0x80 | rest & 0x7f);
  return [...bytes, rest];
}
