import { Icon } from "../../shared/icons.tsx";
import { Seal } from "../../shared/seal.tsx";
import type { Conversation } from "../model/conversation.ts";
import { say } from "../words.ts";

export interface PeopleProps {
  readonly conversation: Conversation;
  readonly me: string;
}

/** Who is in the room: oneself first, the others by name. */
export function People({ conversation, me }: PeopleProps) {
  const { users, count } = conversation.presence.value;
  const typing = new Set(conversation.typists.value.map((user) => user.userId));
  const sorted = users.toSorted((a, b) =>
    Number(b.userId === me) - Number(a.userId === me) || a.userName.localeCompare(b.userName)
  );
  return (
    <div class="people" data-testid="users" data-count={count}>
      <p class="people-count">{say().peopleHere(count)}</p>
      <ul>
        {sorted.map(({ userId, userName }) => (
          <li key={userId} data-user-id={userId}>
            <Seal name={userName} own={userId === me} />
            <span class="person">{userName}</span>
            {userId === me && <span class="tag">{say().you}</span>}
            {typing.has(userId) && <Icon name="edit" />}
          </li>
        ))}
      </ul>
      {count > users.length && <p class="people-more">{say().morePeople(count - users.length)}</p>}
    </div>
  );
}
