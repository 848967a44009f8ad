import type { Conversation } from "../model/conversation.ts";
import { say } from "../words.ts";

/** Who is typing. It has its place even when nobody is, so that nothing jumps. */
export function TypingLine({ conversation }: { conversation: Conversation }) {
  const names = conversation.typists.value.map((user) => user.userName);
  return (
    <p class="typing" data-testid="typing-line" data-count={names.length}>
      {names.length > 0 && (
        <>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span>{say().typing(names)}</span>
        </>
      )}
    </p>
  );
}
