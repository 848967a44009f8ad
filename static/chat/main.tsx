import { signal } from "@preact/signals";
import { render } from "preact";
import { indexedDbStore } from "../../src/client/indexeddb.ts";
import { connect } from "../../src/client/mod.ts";
import { watchAttention } from "../shared/attention.ts";
import { type Identity, keepIdentity, keptIdentity } from "../shared/identity.ts";
import { restorePreferences } from "../shared/preferences.ts";
import { soon } from "../shared/soon.ts";
import { browserKeep } from "../shared/storage.ts";
import { Chat } from "./model/chat.ts";
import { type Place, placeOf, searchFor } from "./model/place.ts";
import { ChatPage } from "./view/chat_page.tsx";
import { Welcome } from "./view/welcome.tsx";

const keep = browserKeep(() => localStorage);
/** messages that no server has yet: of this tab, and of tabs that are gone */
const unsent = indexedDbStore();
const attentive = watchAttention(new AbortController().signal);
const place = signal<Place>(placeOf(location.search));
const chat = signal<Chat | undefined>(undefined);
let identity: Identity | undefined = keptIdentity(keep);

restorePreferences();
if (identity) begin(identity);
addEventListener("popstate", follow);
attentive.subscribe((isAttentive) => isAttentive || chat.peek()?.current.peek()?.rest());
render(<App />, document.getElementById("app")!);

function App() {
  if (!chat.value || !identity) {
    return <Welcome place={place.value} onName={(name) => begin({ name })} />;
  }
  return (
    <ChatPage
      chat={chat.value}
      place={place}
      name={identity.name}
      keep={keep}
      attentive={attentive}
      onGo={go}
      onRename={rename}
    />
  );
}

/** Connects under an identity and enters the room of the address. */
function begin(as: Identity): void {
  remember(as);
  const relay = connect(new URL(".", location.href).href, {
    name: as.name,
    ...(as.session === undefined ? {} : { session: as.session }),
    // a session that was refused takes its userId with it
    onSession: (session) =>
      remember(session === undefined ? { name: as.name } : { ...identity ?? as, session }),
    outbox: { store: unsent },
  });
  chat.value = new Chat({
    relay,
    keep,
    userId: as.userId,
    attentive,
    soon,
    now: Date.now,
    onSelf: (userId) => remember({ ...identity ?? as, userId }),
  });
  follow();
}

function remember(known: Identity): void {
  identity = known;
  keepIdentity(keep, known);
}

/** A name is part of the session: begin again under the new one. */
function rename(name: string): void {
  chat.value?.close();
  begin({ ...identity, name });
}

function go(roomId: string): void {
  history.pushState(null, "", searchFor(roomId));
  follow();
}

/** Shows what the address says. */
function follow(): void {
  place.value = placeOf(location.search);
  if (place.value.kind === "room") chat.value?.enter(place.value.roomId);
  else chat.value?.showNone();
}
