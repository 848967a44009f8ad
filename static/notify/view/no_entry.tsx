import { PageFrame } from "../../shared/page_frame.tsx";
import { say } from "../words.ts";

export interface NoEntryProps {
  /** the code of what went wrong; nothing while it is being tried */
  readonly refusal: string | undefined;
  readonly onAgain: () => void;
}

/** The page until it knows who one is. */
export function NoEntry({ refusal, onAgain }: NoEntryProps) {
  const words = say();
  return (
    <PageFrame page="notify">
      <p class="lead" role="status">
        {refusal !== undefined && (refusal === "unauthorized" ? words.notKnown : words.notReached)}
      </p>
      {refusal !== undefined && (
        <p>
          <button type="button" class="button" onClick={onAgain}>{words.again}</button>
        </p>
      )}
    </PageFrame>
  );
}
