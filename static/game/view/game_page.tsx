import { useSignal } from "@preact/signals";
import { copyText } from "../../shared/clipboard.ts";
import { ConnectionBanner } from "../../shared/connection_banner.tsx";
import { How } from "../../shared/how.tsx";
import { Icon } from "../../shared/icons.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import type { Play } from "../model/play.ts";
import { say } from "../words.ts";
import { Board } from "./board.tsx";
import { NameForm } from "../../shared/name_form.tsx";
import { GaugeList, Ranking } from "./panel.tsx";
import { hasThumbs } from "./thumbs.ts";
import { Touch } from "./touch.tsx";

export interface GamePageProps {
  /** the game, once there is a name */
  readonly play: Play | undefined;
  readonly me: string | undefined;
  readonly onName: (name: string) => void;
  readonly onReconnect: () => void;
}

const CODE = `import { connect } from "@denbun/client";
import { StateReader } from "@denbun/client/game";
import { msgpack } from "@denbun/client/msgpack";

const room = connect("/", { codec: msgpack }).room("game:oshi");
const reader = new StateReader();
room.on("game_state", (state) => {
  const whole = reader.read(state);
  if (whole) draw(whole.players);
});
room.tell("player_input", { seq: 1, input: [100, 0, 0] });`;

/** The game: the sheet, who is on it, and what it costs. */
export function GamePage({ play, me, onName, onReconnect }: GamePageProps) {
  const words = say();
  return (
    <PageFrame
      page="game"
      how={<How {...words.how} code={CODE} />}
      notice={play && <ConnectionBanner connection={play.connection} onReconnect={onReconnect} />}
    >
      {play
        ? (
          <div class="game">
            <Board play={play} />
            {hasThumbs.value && <Touch controls={play.controls} />}
            <div class="panel">
              <Ranking play={play} me={me} />
              <Invite />
              <GaugeList play={play} />
            </div>
          </div>
        )
        : (
          <div class="welcome">
            <p class="lead">{hasThumbs.value ? words.leadTouch : words.lead}</p>
            <div class="sheet entry">
              <NameForm action={words.play} words={words} onName={onName} />
            </div>
          </div>
        )}
    </PageFrame>
  );
}

function Invite() {
  const done = useSignal(false);
  const words = say();
  return (
    <div class="invite">
      <p class="soft small-text">{hasThumbs.value ? words.leadTouch : words.lead}</p>
      <button
        type="button"
        class="button small"
        onClick={async () => done.value = await copyText(location.href)}
      >
        <Icon name="link" />
        {words.invite}
      </button>
      <p class="soft small-text" role="status">{done.value ? words.invited : ""}</p>
    </div>
  );
}
