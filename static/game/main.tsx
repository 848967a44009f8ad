import { signal } from "@preact/signals";
import { render } from "preact";
import { connect } from "../../src/client/mod.ts";
import { msgpack } from "../../src/client/msgpack.ts";
import { type Identity, keepIdentity, keptIdentity } from "../shared/identity.ts";
import { restorePreferences } from "../shared/preferences.ts";
import { browserKeep } from "../shared/storage.ts";
import { counted, type Traffic } from "./model/counted.ts";
import { Play } from "./model/play.ts";
import { roomOf } from "./model/room_of.ts";
import { GamePage } from "./view/game_page.tsx";

const keep = browserKeep(() => localStorage);
const play = signal<Play | undefined>(undefined);
const me = signal<string | undefined>(undefined);
let identity: Identity | undefined = keptIdentity(keep);
let reconnect = () => {};

restorePreferences();
if (identity) begin(identity);
render(<App />, document.getElementById("app")!);

function App() {
  return (
    <GamePage
      play={play.value}
      me={me.value}
      onName={(name) => begin({ name })}
      onReconnect={() => reconnect()}
    />
  );
}

/** Connects under an identity, the same as in the chat, and enters the game of the address. */
function begin(as: Identity): void {
  remember(as);
  const traffic: Traffic = { down: 0, up: 0 };
  const relay = connect(new URL(".", location.href).href, {
    name: as.name,
    codec: counted(msgpack, traffic),
    ...(as.session === undefined ? {} : { session: as.session }),
    // a session that was refused takes its userId with it
    onSession: (session) =>
      remember(session === undefined ? { name: as.name } : { ...identity ?? as, session }),
    // a game waits for nobody: who is away longer has to come back by hand
    backoff: { minMs: 500, maxMs: 5000, attempts: Infinity },
  });
  relay.addEventListener("state", () => me.value = relay.self?.userId);
  reconnect = () => relay.reconnectNow();
  play.value = new Play(relay, roomOf(location.search), traffic);
}

function remember(known: Identity): void {
  identity = known;
  keepIdentity(keep, known);
}
