import type { ReadonlySignal } from "@preact/signals";
import type { Connection } from "../../shared/connection.ts";
import { errorText } from "../../shared/error_text.ts";
import { locale } from "../../shared/language.ts";
import type { Draft } from "../model/draft.ts";
import { say } from "../words.ts";

/** Says whether what one wrote is stored, and how many changes the document has seen. */
export function Status({ draft, connection }: { draft: Draft; connection: ReadonlySignal<Connection> }) {
  const { synced, saved, version, problem } = draft.state.value;
  const words = say();
  const count = new Intl.NumberFormat(locale.value).format(version);
  const isOnline = connection.value.state.status === "online";
  const stand = () => {
    if (problem) return problem.code === "forbidden" ? words.readOnly : words.refused(errorText(problem));
    if (!synced) return isOnline ? words.loading : words.offline;
    return saved ? words.saved : words.saving;
  };
  return (
    <p
      class={problem ? "paper-status wrong" : "paper-status"}
      data-testid="status"
      data-synced={synced}
      data-saved={saved}
      data-version={version}
    >
      <span role="status">{stand()}</span> · {words.version(count)}
    </p>
  );
}
