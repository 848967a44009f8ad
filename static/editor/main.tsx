import { render } from "preact";
import { connect } from "../../src/client/mod.ts";
import { watchConnection } from "../shared/connection.ts";
import { type Identity, keepIdentity, keptIdentity } from "../shared/identity.ts";
import { restorePreferences } from "../shared/preferences.ts";
import { browserKeep } from "../shared/storage.ts";
import { Draft } from "./model/draft.ts";
import { documentOf } from "./model/place.ts";
import { EditorPage } from "./view/editor_page.tsx";

const keep = browserKeep(() => localStorage);
const kept = keptIdentity(keep);
let identity: Partial<Identity> = kept ?? {};

restorePreferences();

const relay = connect(new URL(".", location.href).href, {
  backoff: { attempts: Infinity },
  ...kept && { name: kept.name },
  ...kept?.session !== undefined && { session: kept.session },
  // a session that was refused takes its userId with it
  onSession(session) {
    const { session: _, userId: __, ...nameAlone } = identity;
    remember(session === undefined ? nameAlone : { ...identity, session });
  },
});
const connection = watchConnection(relay, new AbortController().signal);
const documentId = documentOf(location.search);

render(
  <EditorPage
    draft={documentId === undefined ? undefined : new Draft(relay, documentId)}
    relay={relay}
    connection={connection}
    name={kept?.name}
    onName={rename}
  />,
  document.getElementById("app")!,
);

function remember(known: Partial<Identity>): void {
  identity = known;
  // somebody who gave no name has none in the other pages either
  if (known.name !== undefined) keepIdentity(keep, { ...known, name: known.name });
}

/** A name is part of the session: the page begins again under the new one, and finds the document where it was. */
function rename(name: string): void {
  remember({ ...identity, name });
  location.reload();
}
