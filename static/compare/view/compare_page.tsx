import { How } from "../../shared/how.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import { type Comparison, WAYS } from "../model/comparison.ts";
import { say } from "../words.ts";
import { Controls } from "./controls.tsx";
import { WayCard } from "./way_card.tsx";

export interface ComparePageProps {
  /** nothing while it begins */
  readonly comparison: Comparison | "refused" | undefined;
  readonly onAgain: () => void;
}

/** Four ways to read one stream, side by side. */
export function ComparePage({ comparison, onAgain }: ComparePageProps) {
  const words = say();
  return (
    <PageFrame page="compare" how={<How {...words.how} />}>
      <p class="lead">{words.lead}</p>
      {comparison === undefined && <p class="soft" role="status">{words.waiting}</p>}
      {comparison === "refused" && (
        <p role="alert">
          {words.failed} <button type="button" class="button small" onClick={onAgain}>{words.again}</button>
        </p>
      )}
      {typeof comparison === "object" && (
        <>
          <Controls comparison={comparison} />
          <div class="ways">
            {WAYS.map((way) => <WayCard key={way} way={way} figures={comparison.figures.value.get(way)} />)}
          </div>
          <p class="soft small-text notes">{words.notes}</p>
        </>
      )}
    </PageFrame>
  );
}
