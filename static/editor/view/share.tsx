import { useSignal } from "@preact/signals";
import { copyText } from "../../shared/clipboard.ts";
import { Icon } from "../../shared/icons.tsx";
import { say } from "../words.ts";

/** How long the button says that it worked. */
const SAID_MS = 2_000;

/** Copies the document's address. */
export function Share({ documentId }: { documentId: string }) {
  const answer = useSignal("");
  const words = say();
  const share = async () => {
    const url = new URL(`?${new URLSearchParams({ doc: documentId })}`, location.href);
    answer.value = await copyText(url.href) ? words.copied : words.notCopied(url.href);
    setTimeout(() => answer.value = "", SAID_MS);
  };
  return (
    <>
      <button type="button" class="button small" data-testid="share" onClick={() => void share()}>
        <Icon name="link" />
        {words.share}
      </button>
      <span class="small-text soft" role="status">{answer.value}</span>
    </>
  );
}
