import type { ReadonlySignal } from "@preact/signals";
import type { Relay } from "../../../src/client/mod.ts";
import type { Connection } from "../../shared/connection.ts";
import { ConnectionBanner } from "../../shared/connection_banner.tsx";
import { How } from "../../shared/how.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import type { Draft } from "../model/draft.ts";
import { say } from "../words.ts";
import { People } from "./people.tsx";
import { Share } from "./share.tsx";
import { Status } from "./status.tsx";
import { Surface } from "./surface.tsx";
import { Title } from "./title.tsx";
import { Undo } from "./undo.tsx";

const CODE = `import * as Y from "yjs";
import { connect } from "@denbun/client";
import { DenbunProvider } from "@denbun/client/yjs";

const doc = new Y.Doc();
const relay = connect(location.origin);
new DenbunProvider(relay, "plan", { yjs: Y, doc });

doc.getText("content").insert(0, "Hello!");`;

export interface EditorPageProps {
  /** nothing when the address names no document */
  readonly draft: Draft | undefined;
  readonly relay: Relay;
  readonly connection: ReadonlySignal<Connection>;
  readonly name: string | undefined;
  readonly onName: (name: string) => void;
}

/** One document that many write at a time. */
export function EditorPage({ draft, relay, connection, name, onName }: EditorPageProps) {
  const words = say();
  return (
    <PageFrame
      page="editor"
      notice={<ConnectionBanner connection={connection} onReconnect={() => relay.reconnectNow()} />}
      how={<How {...words.how} transport={words.how.transport(transportOf(connection.value))} code={CODE} />}
    >
      {draft ? <Paper {...{ draft, relay, connection, name, onName }} /> : <p>{words.noDocument}</p>}
    </PageFrame>
  );
}

/** What the document comes over at this moment. */
function transportOf({ state }: Connection): string {
  return say().transports[state.status === "online" ? state.transport : "none"];
}

function Paper({ draft, relay, connection, name, onName }: EditorPageProps & { draft: Draft }) {
  // whose presence is known knows who we are
  const me = draft.people.value.count > 0 ? relay.self?.userId : undefined;
  const readOnly = draft.state.value.problem?.code === "forbidden";
  return (
    <>
      <People draft={draft} me={me} name={name} onName={onName} />
      <article class="sheet paper">
        <header class="paper-head">
          <Title draft={draft} />
          <div class="paper-tools">
            <Undo draft={draft} />
            <Share documentId={draft.id} />
          </div>
          <Status draft={draft} connection={connection} />
        </header>
        {draft.isLoaded.value && <Surface draft={draft} readOnly={readOnly} />}
      </article>
    </>
  );
}
