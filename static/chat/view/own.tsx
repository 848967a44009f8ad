import { useSignal } from "@preact/signals";
import { Dialog } from "../../shared/dialog.tsx";
import { How } from "../../shared/how.tsx";
import { Icon } from "../../shared/icons.tsx";
import { PreferencesForm } from "../../shared/preferences_form.tsx";
import { Seal } from "../../shared/seal.tsx";
import { sayShared } from "../../shared/words.ts";
import { say } from "../words.ts";
import { NameForm } from "../../shared/name_form.tsx";

export interface OwnProps {
  readonly name: string;
  readonly onRename: (name: string) => void;
}

const CODE = `import { connect } from "@denbun/client";

const relay = connect("https://relay.example",
  { name: "Aiko" });
const room = relay.room("lobby", { history: 50 });
room.on("new_message", show);
await room.send("Hello!");`;

/** The reader's own corner: name, how it works, the other pages, language, colours. */
export function Own({ name, onRename }: OwnProps) {
  const isRenaming = useSignal(false);
  const isExplaining = useSignal(false);
  const close = () => isRenaming.value = false;
  return (
    <div class="own-corner">
      <div class="own-name">
        <Seal name={name} own />
        <span class="person">{name}</span>
        <button
          type="button"
          class="icon-button"
          data-testid="rename"
          aria-haspopup="dialog"
          aria-label={say().changeName}
          title={say().changeName}
          onClick={() => isRenaming.value = true}
        >
          <Icon name="edit" />
        </button>
      </div>
      <div class="own-links">
        <button
          type="button"
          class="text-button"
          data-testid="open-how"
          aria-haspopup="dialog"
          onClick={() => isExplaining.value = true}
        >
          {sayShared().how.open}
        </button>
        <a class="text-button" href="./">{sayShared().pagesTitle}</a>
      </div>
      <PreferencesForm />
      <Dialog
        title={sayShared().how.title}
        from="right"
        open={isExplaining.value}
        onClose={() => isExplaining.value = false}
      >
        <How {...say().how} code={CODE} />
      </Dialog>
      <Dialog title={say().changeName} open={isRenaming.value} onClose={close}>
        <NameForm
          name={name}
          action={say().save}
          words={say().welcome}
          onName={(chosen) => {
            close();
            if (chosen !== name) onRename(chosen);
          }}
        />
      </Dialog>
    </div>
  );
}
