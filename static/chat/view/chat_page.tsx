import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { ConnectionBanner } from "../../shared/connection_banner.tsx";
import { Dialog } from "../../shared/dialog.tsx";
import { matches } from "../../shared/media.ts";
import { Brand } from "../../shared/seal.tsx";
import type { Keep } from "../../shared/storage.ts";
import { sayShared } from "../../shared/words.ts";
import type { Chat } from "../model/chat.ts";
import type { Place } from "../model/place.ts";
import { say } from "../words.ts";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message_list.tsx";
import { NoRoom } from "./no_room.tsx";
import { Own } from "./own.tsx";
import { People } from "./people.tsx";
import { RoomBar } from "./room_bar.tsx";
import { Rooms } from "./rooms.tsx";
import { TypingLine } from "./typing_line.tsx";

export interface ChatPageProps {
  readonly chat: Chat;
  readonly place: ReadonlySignal<Place>;
  readonly name: string;
  readonly keep: Keep;
  readonly attentive: ReadonlySignal<boolean>;
  readonly onGo: (roomId: string) => void;
  readonly onRename: (name: string) => void;
}

/** From here on the rooms stand beside the conversation; as in chat.css. */
const roomsBeside = matches("(min-width: 48rem)");
/** From here on the people do, too. */
const peopleBeside = matches("(min-width: 68rem)");

/** The chat: rooms, conversation, people; what does not fit beside the conversation comes in drawers. */
export function ChatPage(
  { chat, place, name, keep, attentive, onGo, onRename }: ChatPageProps,
) {
  const drawer = useSignal<"rooms" | "people" | undefined>(undefined);
  const conversation = chat.current.value;
  const unreadElsewhere = useComputed(() => chat.unread.value - (chat.current.value?.unread.value ?? 0));
  const words = say();
  const closeDrawer = () => drawer.value = undefined;

  useSignalEffect(() => {
    const roomId = chat.current.value?.roomId;
    document.title = roomId === undefined ? "Denbun" : say().title(roomId, chat.unread.value);
  });

  const rail = (
    <>
      <Rooms
        chat={chat}
        onGo={(roomId) => {
          closeDrawer();
          onGo(roomId);
        }}
      />
      <Own name={name} onRename={onRename} />
    </>
  );
  return (
    <div class="chat">
      <a class="skip-link" href="#composer">{words.skip}</a>
      {roomsBeside.value && (
        <header class="rail">
          <a class="home-link" href="./" aria-label={sayShared().home}>
            <Brand />
          </a>
          {rail}
        </header>
      )}
      <main class="conversation" aria-label={conversation ? `#${conversation.roomId}` : undefined}>
        {conversation && (
          <RoomBar
            conversation={conversation}
            onRooms={roomsBeside.value ? undefined : () => drawer.value = "rooms"}
            onPeople={peopleBeside.value ? undefined : () => drawer.value = "people"}
            unreadElsewhere={unreadElsewhere.value}
          />
        )}
        <ConnectionBanner connection={chat.connection} onReconnect={() => chat.relay.reconnectNow()} />
        <NoRoom place={place.value} conversation={conversation} onGo={onGo} />
        {conversation && (
          <>
            <MessageList
              key={`log ${conversation.roomId}`}
              conversation={conversation}
              me={chat.me.value}
              attentive={attentive}
            />
            <TypingLine conversation={conversation} />
            <Composer
              key={`composer ${conversation.roomId}`}
              conversation={conversation}
              keep={keep}
              maxMessageBytes={chat.maxMessageBytes}
            />
          </>
        )}
      </main>
      {conversation && peopleBeside.value && (
        <aside class="aside" aria-label={words.people}>
          <People conversation={conversation} me={chat.me.value} />
        </aside>
      )}
      <Dialog
        title="Denbun"
        from="left"
        open={drawer.value === "rooms" && !roomsBeside.value}
        onClose={closeDrawer}
      >
        {rail}
      </Dialog>
      {conversation && (
        <Dialog
          title={words.people}
          from="right"
          open={drawer.value === "people" && !peopleBeside.value}
          onClose={closeDrawer}
        >
          <People conversation={conversation} me={chat.me.value} />
        </Dialog>
      )}
    </div>
  );
}
