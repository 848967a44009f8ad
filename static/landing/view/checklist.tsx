import type { ReadonlySignal } from "@preact/signals";
import { Icon } from "../../shared/icons.tsx";
import type { Check } from "../model/checks.ts";
import { say } from "../words.ts";

/** What a production system needs, and how it is here. */
export function Checklist({ checks }: { checks: ReadonlySignal<readonly Check[] | undefined> }) {
  const words = say();
  return (
    <section class="sheet" aria-labelledby="checklist-title">
      <h2 id="checklist-title">{words.checklist}</h2>
      <p class="soft small-text">{words.checklistLead}</p>
      <p class="small-text" role="status">{checks.value ? "" : words.unreached}</p>
      <ul class="checklist">{checks.value?.map((check) => <CheckRow key={check.id} check={check} />)}</ul>
    </section>
  );
}

function CheckRow({ check: { id, state, says } }: { check: Check }) {
  const words = say();
  const { title, says: sentences } = words.checks[id];
  return (
    <li class={`check-row ${state}`} data-testid="check" data-id={id} data-state={state} data-says={says}>
      <span class="check-mark">
        <Icon name={state === "good" ? "sent" : "failed"} />
        <span class="unseen">{words.states[state]}:</span>
      </span>
      <p>
        <strong>{title}</strong>{" "}
        <span class="soft">{(sentences as Readonly<Record<string, string>>)[says]}</span>
      </p>
    </li>
  );
}
