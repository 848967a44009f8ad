import type { News } from "../hub/news.ts";

/** Where the nodes of a relay tell each other news. */
export function channelOf(prefix: string): string {
  return `{${prefix}}:news`;
}

/** What goes over the channel: `from` is who said it, because a channel tells its own posts to who made them. */
export function postOf(from: string, news: readonly News[]): string {
  return JSON.stringify({ from, news });
}

/** The post that says that a room reached an offset, up to that offset and after it: a script puts it in. */
export function postAround(
  from: string,
  roomId: string,
  epoch: string,
): readonly [before: string, after: string] {
  const whole = postOf(from, [{ kind: "hint", roomId, epoch, offset: 0 }]);
  const at = whole.lastIndexOf("0");
  return [whole.slice(0, at), whole.slice(at + 1)];
}

/** The news of a post, none of one's own; what is no post is handed on as it is. */
export function newsOf(message: string, own: string): readonly unknown[] {
  const post = parsed(message);
  if (post?.from === own) return [];
  return Array.isArray(post?.news) ? post.news : [message];
}

function parsed(message: string): { readonly from?: unknown; readonly news?: unknown } | undefined {
  try {
    return JSON.parse(message) ?? undefined;
  } catch {
    return undefined;
  }
}
