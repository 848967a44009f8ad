import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { MAX_NAME, nameFrom } from "../../shared/identity.ts";
import { colourOf } from "../model/colours.ts";
import type { Draft } from "../model/draft.ts";
import { say } from "../words.ts";

export interface PeopleProps {
  readonly draft: Draft;
  readonly me: string | undefined;
  readonly name: string | undefined;
  readonly onName: (name: string) => void;
}

/** Who is here, each in the colour of their cursor; and one's own name. */
export function People({ draft, me, name, onName }: PeopleProps) {
  const { users, count } = draft.people.value;
  const words = say();
  return (
    <section class="who" aria-labelledby="who-title">
      <h2 id="who-title" class="unseen">{words.people(count)}</h2>
      <ul class="people" data-testid="people" data-count={count}>
        {users.map(({ userId, userName }) => (
          <li key={userId} class={`person ${colourOf(userId)}`} data-testid="person">
            <span class="person-dot" aria-hidden="true" />
            <span class="person-name">{userId === me ? words.you(userName) : userName}</span>
          </li>
        ))}
      </ul>
      <NameForm name={name} onName={onName} />
    </section>
  );
}

function NameForm({ name = "", onName }: Pick<PeopleProps, "onName"> & { name: string | undefined }) {
  const isWrong = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const words = say();
  return (
    <form
      class="name-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = nameFrom(input.current!.value);
        isWrong.value = chosen === undefined;
        if (chosen === undefined) input.current!.focus();
        else if (chosen !== name) onName(chosen);
      }}
    >
      <div class="field">
        <label for={id}>{words.name}</label>
        <input
          ref={input}
          id={id}
          class="input"
          data-testid="name-input"
          defaultValue={name}
          maxLength={MAX_NAME}
          autocomplete="nickname"
          aria-invalid={isWrong.value}
          onInput={() => isWrong.value = false}
        />
      </div>
      <button type="submit" class="button" data-testid="name-submit">{words.setName}</button>
    </form>
  );
}
