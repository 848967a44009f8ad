import { useSignal } from "@preact/signals";
import { ApiError } from "../../shared/api.ts";
import { locale } from "../../shared/language.ts";
import { BEHIND_MS, type Feed } from "../model/feed.ts";
import { say } from "../words.ts";

/** How this tab keeps up, and two ways to make that hard for it. */
export function Controls({ feed }: { feed: Feed }) {
  const answer = useSignal("");
  const { lagMs, received, missed, toldBehind } = feed.view.value;
  const words = say();
  const isBehind = lagMs >= BEHIND_MS;
  const count = new Intl.NumberFormat(locale.value).format(received);
  const seconds = new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 }).format(lagMs / 1000);
  const rush = async () => {
    try {
      await feed.rush();
      answer.value = words.rushBegan;
    } catch (error) {
      const soon = error instanceof ApiError && error.code === "rate_limited";
      answer.value = soon ? words.rushRefused : words.rushFailed;
    }
  };
  return (
    <section class="sheet keeping-up">
      <p class={isBehind ? "pace late" : "pace"} data-testid="pace" data-behind={isBehind}>
        {isBehind ? words.behind(seconds) : words.inTime}
      </p>
      <p class="soft small-text" data-testid="received" data-received={received} data-missed={missed}>
        {words.received(count, missed)}
      </p>
      <label class="check">
        <input
          type="checkbox"
          data-testid="slow"
          checked={feed.slow.value}
          onChange={({ currentTarget }) => feed.slow.value = currentTarget.checked}
        />
        {words.slow}
      </label>
      <button type="button" class="button small" data-testid="rush" onClick={() => void rush()}>
        {words.rush}
      </button>
      <p class="small-text told" role="status">{toldBehind ? words.told : answer.value}</p>
    </section>
  );
}
