import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Draft } from "../model/draft.ts";
import { say } from "../words.ts";

/** Takes back what one wrote oneself, and brings it again. */
export function Undo({ draft: { undo } }: { draft: Draft }) {
  const can = useSignal({ undo: false, redo: false });
  useEffect(() => {
    const look = () => can.value = { undo: undo.canUndo(), redo: undo.canRedo() };
    const events = ["stack-item-added", "stack-item-popped", "stack-cleared"] as const;
    for (const event of events) undo.on(event, look);
    return () => events.forEach((event) => undo.off(event, look));
  }, [undo]);
  const words = say();
  return (
    <>
      <button
        type="button"
        class="button small"
        data-testid="undo"
        disabled={!can.value.undo}
        onClick={() => undo.undo()}
      >
        {words.undo}
      </button>
      <button
        type="button"
        class="button small"
        data-testid="redo"
        disabled={!can.value.redo}
        onClick={() => undo.redo()}
      >
        {words.redo}
      </button>
    </>
  );
}
