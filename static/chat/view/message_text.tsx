import { splitLinks } from "../model/links.ts";

/** What someone wrote: text, and links where it holds addresses. Nothing in it is ever read as markup. */
export function MessageText({ content }: { content: string }) {
  return (
    <p class="text">
      {splitLinks(content).map((segment, at) =>
        segment.kind === "text"
          ? segment.text
          : (
            <a key={at} href={segment.href} target="_blank" rel="noopener noreferrer nofollow">
              {segment.text}
            </a>
          )
      )}
    </p>
  );
}
