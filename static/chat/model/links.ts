/** A stretch of a message: plain text, or an address to link. */
export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

/**
 * Splits text at the http and https addresses in it; the segments joined are the text again. Addresses are
 * taken as they stand on the wire, in ASCII: Japanese is written without spaces, and what follows an address
 * directly is more often the sentence than the path.
 */
export function splitLinks(text: string): Segment[] {
  const segments: Segment[] = [];
  let plainFrom = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const candidate = trimEnd(match[0]);
    const href = linkTarget(candidate);
    if (href === undefined) continue;
    if (match.index > plainFrom) segments.push({ kind: "text", text: text.slice(plainFrom, match.index) });
    segments.push({ kind: "link", text: candidate, href });
    plainFrom = match.index + candidate.length;
  }
  if (plainFrom < text.length) segments.push({ kind: "text", text: text.slice(plainFrom) });
  return segments;
}

/** What may stand in a URL (RFC 3986), not in the middle of a word. */
const CANDIDATE = /(?<![A-Za-z0-9_])https?:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+/gi;

/** The address as the browser reads it; `undefined` for any scheme but http and https, and for hidden log-ins. */
function linkTarget(candidate: string): string | undefined {
  if (!URL.canParse(candidate)) return undefined;
  const url = new URL(candidate);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  // `https://bank.example@evil.example` shows one host and opens another
  if (url.username !== "" || url.password !== "") return undefined;
  return url.href;
}

/** Leaves out the punctuation of the sentence around the address. */
function trimEnd(candidate: string): string {
  let end = candidate.length;
  while (end > 0) {
    const last = candidate[end - 1]!;
    if (!".,;:!?'*_~".includes(last) && !unbalanced(candidate.slice(0, end), last)) break;
    end--;
  }
  return candidate.slice(0, end);
}

function unbalanced(text: string, last: string): boolean {
  const open = { ")": "(", "]": "[" }[last];
  return open !== undefined && text.split(open).length < text.split(last).length;
}
