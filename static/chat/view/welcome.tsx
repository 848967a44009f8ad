import { PreferencesForm } from "../../shared/preferences_form.tsx";
import { Mark } from "../../shared/seal.tsx";
import type { Place } from "../model/place.ts";
import { DEFAULT_ROOM } from "../model/place.ts";
import { say } from "../words.ts";
import { NameForm } from "../../shared/name_form.tsx";

export interface WelcomeProps {
  readonly place: Place;
  readonly onName: (name: string) => void;
}

/** The first visit: who are you? */
export function Welcome({ place, onName }: WelcomeProps) {
  const roomId = place.kind === "room" ? place.roomId : DEFAULT_ROOM;
  return (
    <main class="welcome">
      <div class="welcome-card">
        <Mark />
        <h1>
          Denbun <span lang="ja">電文</span>
        </h1>
        <p class="lead">{say().welcome.lead}</p>
        <NameForm action={say().welcome.enter(roomId)} words={say().welcome} onName={onName} />
      </div>
      <PreferencesForm />
    </main>
  );
}
