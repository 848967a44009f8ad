import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { MAX_NAME, nameFrom } from "./identity.ts";

export interface NameFormProps {
  readonly name?: string;
  /** what the button says */
  readonly action: string;
  /** what a name is for on this page */
  readonly words: { readonly name: string; readonly nameHint: string; readonly nameError: string };
  readonly onName: (name: string) => void;
}

/** Asks for the reader's name. */
export function NameForm({ name = "", action, words, onName }: NameFormProps) {
  const isWrong = useSignal(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="name-form field"
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
        defaultValue={name}
        maxLength={MAX_NAME}
        autocomplete="nickname"
        aria-invalid={isWrong.value}
        aria-describedby={`${id}-hint`}
        onInput={() => isWrong.value = false}
      />
      <p
        id={`${id}-hint`}
        class={isWrong.value ? "field-error" : "field-hint"}
        role={isWrong.value ? "alert" : undefined}
      >
        {isWrong.value ? words.nameError : words.nameHint}
      </p>
      <button type="submit" class="button primary" data-testid="name-submit">{action}</button>
    </form>
  );
}
