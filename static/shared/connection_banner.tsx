import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Connection, secondsLeft } from "./connection.ts";
import { closeText } from "./error_text.ts";
import { unreachable } from "./unreachable.ts";
import { sayShared } from "./words.ts";

export interface ConnectionBannerProps {
  readonly connection: ReadonlySignal<Connection>;
  readonly onReconnect: () => void;
}

/** A first connection that takes no longer than this is not worth a word. */
const PATIENCE_MS = 800;

/**
 * Says where the connection stands, while it is not simply there. The live region stays in the page, so that
 * screen readers notice its text change; the countdown beside it is not read out each second.
 */
export function ConnectionBanner({ connection, onReconnect }: ConnectionBannerProps) {
  const { state } = connection.value;
  const isPatient = usePatience(state.status === "connecting");
  const say = sayShared();
  const isQuiet = state.status === "online" || isPatient;
  const tone = state.status === "connecting" ? "banner quiet" : "banner";
  return (
    <div
      class={isQuiet ? "unseen" : tone}
      data-testid={isQuiet ? undefined : "banner"}
      data-state={state.status}
    >
      <p class="banner-text">
        <span role="status">{isQuiet ? "" : bannerText(connection.value)}</span>{" "}
        <Countdown connection={connection.value} />
      </p>
      {(state.status === "reconnecting" || state.status === "offline" || state.status === "gave_up") && (
        <button type="button" class="button small" data-testid="reconnect" onClick={onReconnect}>
          {say.reconnectNow}
        </button>
      )}
      {state.status === "closed" && (
        <button
          type="button"
          class="button small"
          onClick={() => location.reload()}
        >
          {say.reload}
        </button>
      )}
    </div>
  );
}

function bannerText({ state }: Connection): string {
  const say = sayShared();
  switch (state.status) {
    case "connecting":
      return say.connecting;
    case "online":
      return "";
    case "reconnecting":
      return state.retryInMs > 0 ? say.reconnectingIn : say.reconnecting;
    case "offline":
      return say.offline;
    case "gave_up":
      return say.gaveUp(state.attempts);
    case "closed":
      return closeText(state.code);
    default:
      return unreachable(state);
  }
}

function Countdown({ connection }: { connection: Connection }) {
  const seconds = useSignal(secondsLeft(connection, Date.now()));
  useEffect(() => {
    const update = () => seconds.value = secondsLeft(connection, Date.now());
    update();
    const timer = setInterval(update, 250);
    return () => clearInterval(timer);
  }, [connection]);
  if (connection.state.status !== "reconnecting" || connection.state.retryInMs === 0) return null;
  return <span class="banner-count" aria-hidden="true">{sayShared().seconds(seconds.value)}</span>;
}

function usePatience(isWaiting: boolean): boolean {
  const isPatient = useSignal(true);
  useEffect(() => {
    isPatient.value = true;
    const timer = setTimeout(() => isPatient.value = false, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isWaiting && isPatient.value;
}
