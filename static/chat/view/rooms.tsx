import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { Icon } from "../../shared/icons.tsx";
import type { Chat } from "../model/chat.ts";
import { roomIdFrom, searchFor } from "../model/place.ts";
import { say } from "../words.ts";

export interface RoomsProps {
  readonly chat: Chat;
  readonly onGo: (roomId: string) => void;
}

/** The rooms of this browser and the way into another one. */
export function Rooms({ chat, onGo }: RoomsProps) {
  const current = chat.current.value?.roomId;
  return (
    <nav class="rooms" aria-label={say().rooms}>
      <h2 class="rail-title">{say().rooms}</h2>
      <ul>
        {chat.rooms.value.map(({ roomId, unread }) => (
          <li key={roomId}>
            <a
              href={searchFor(roomId)}
              aria-current={roomId === current ? "page" : undefined}
              onClick={(event) => {
                if (opensElsewhere(event)) return;
                event.preventDefault();
                onGo(roomId);
              }}
            >
              <span class="hash" aria-hidden="true">#</span>
              <span class="room-name">{roomId}</span>
              {unread > 0 && (
                <span class="badge" aria-label={say().unread(unread)}>{unread > 99 ? "99+" : unread}</span>
              )}
            </a>
            {roomId !== current && (
              <button
                type="button"
                class="icon-button forget"
                aria-label={say().forgetRoom(roomId)}
                title={say().forgetRoom(roomId)}
                onClick={() => chat.forget(roomId)}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
      </ul>
      <OpenRoom onGo={onGo} />
    </nav>
  );
}

function OpenRoom({ onGo }: Pick<RoomsProps, "onGo">) {
  const isWrong = useSignal(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!input.current) return;
    const roomId = roomIdFrom(input.current.value);
    isWrong.value = roomId === undefined;
    if (roomId === undefined) return input.current.focus();
    input.current.value = "";
    onGo(roomId);
  };
  return (
    <form class="open-room field" noValidate onSubmit={submit}>
      <label for={id}>{say().openRoom}</label>
      <div class="with-button">
        <input
          ref={input}
          id={id}
          class="input"
          name="room"
          data-testid="open-room"
          placeholder={say().openRoomHint}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={isWrong.value}
          aria-describedby={isWrong.value ? `${id}-error` : undefined}
          onInput={() => isWrong.value = false}
        />
        <button type="submit" class="button">{say().open}</button>
      </div>
      {isWrong.value && <p id={`${id}-error`} class="field-error" role="alert">{say().openRoomError}</p>}
    </form>
  );
}

/** A new tab or window was asked for. */
function opensElsewhere(event: MouseEvent): boolean {
  return event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
}
