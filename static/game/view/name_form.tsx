import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { MAX_NAME, nameFrom } from "../../shared/identity.ts";
import { say } from "../words.ts";

/** Asks who plays. */
export function NameForm({ onName }: { readonly onName: (name: string) => void }) {
  const isWrong = useSignal(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const words = say();
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="sheet name-form field"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = nameFrom(input.current?.value ?? "");
        isWrong.value = chosen === undefined;
        if (chosen === undefined) input.current?.focus();
        else onName(chosen);
      }}
    >
      <label for={id}>{words.name}</label>
      <input
        ref={input}
        id={id}
        class="input"
        name="name"
        data-testid="name-input"
        maxLength={MAX_NAME}
        autocomplete="nickname"
        aria-invalid={isWrong.value}
        aria-describedby={`${id}-hint`}
        onInput={() => isWrong.value = false}
      />
      <p
        id={`${id}-hint`}
        class={isWrong.value ? "field-error" : "soft small-text"}
        role={isWrong.value ? "alert" : undefined}
      >
        {isWrong.value ? words.nameError : words.nameHint}
      </p>
      <button type="submit" class="button primary" data-testid="name-submit">{words.play}</button>
    </form>
  );
}
