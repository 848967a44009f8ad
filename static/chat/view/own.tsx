import { useSignal } from "@preact/signals";
import { Dialog } from "../../shared/dialog.tsx";
import { Icon } from "../../shared/icons.tsx";
import { PreferencesForm } from "../../shared/preferences_form.tsx";
import { Seal } from "../../shared/seal.tsx";
import { say } from "../words.ts";
import { NameForm } from "./name_form.tsx";

export interface OwnProps {
  readonly name: string;
  readonly onRename: (name: string) => void;
}

/** The reader's own corner: name, language, colours. */
export function Own({ name, onRename }: OwnProps) {
  const isRenaming = useSignal(false);
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
      <PreferencesForm />
      <Dialog title={say().changeName} open={isRenaming.value} onClose={close}>
        <NameForm
          name={name}
          action={say().save}
          onName={(chosen) => {
            close();
            if (chosen !== name) onRename(chosen);
          }}
        />
      </Dialog>
    </div>
  );
}
