import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ApiError } from "../../shared/api.ts";
import type { Notifications } from "../model/notifications.ts";
import { say } from "../words.ts";

/** The way to try it out without a server of one's own. */
export function SendForm({ notifications }: { notifications: Notifications }) {
  const answer = useSignal("");
  const title = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLInputElement>(null);
  const words = say();
  const send = async () => {
    const typed = title.current!.value.trim();
    if (typed === "") {
      answer.value = words.needsTitle;
      return title.current!.focus();
    }
    try {
      await notifications.sendToMyself({ title: typed, body: body.current!.value });
      answer.value = say().sent;
    } catch (error) {
      answer.value = refused(error);
    }
  };
  return (
    <section class="sheet" aria-labelledby="send-title">
      <h2 id="send-title">{words.send}</h2>
      <p class="soft small-text">{words.sendHint}</p>
      <form
        class="send-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div class="field">
          <label for="title">{words.title}</label>
          <input
            ref={title}
            id="title"
            class="input"
            data-testid="title"
            key={words.titleDefault}
            defaultValue={words.titleDefault}
            maxLength={200}
            autocomplete="off"
          />
        </div>
        <div class="field">
          <label for="body">{words.body}</label>
          <input
            ref={body}
            id="body"
            class="input"
            data-testid="body"
            key={words.bodyDefault}
            defaultValue={words.bodyDefault}
            maxLength={1000}
            autocomplete="off"
          />
        </div>
        <button type="submit" class="button primary" data-testid="send">{words.submit}</button>
        <p class="small-text" role="status" data-testid="answer">{answer.value}</p>
      </form>
    </section>
  );
}

function refused(error: unknown): string {
  const words = say();
  const code = error instanceof ApiError ? error.code : "";
  if (code === "rate_limited") return words.tooMany;
  return code === "not_found" ? words.noDemo : words.failed;
}
