import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { sayShared } from "./words.ts";

export interface DialogProps {
  readonly title: string;
  /** a card in the middle, or a drawer from one side */
  readonly from?: "middle" | "left" | "right";
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog. The browser keeps the focus in it, closes it on Esc and gives the focus back. */
export function Dialog({ title, from = "middle", open, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // before its content's own effects, which may move the focus
  useLayoutEffect(() => {
    const element = dialog.current;
    if (open && element && !element.open) element.showModal();
    if (!open && element?.open) element.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${from === "middle" ? "card" : from}`}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) =>
        event.target === event.currentTarget && isOutside(event, event.currentTarget) && onClose()}
    >
      {open && (
        <>
          <div class="dialog-head">
            <h2 id={titleId}>{title}</h2>
            <button type="button" class="icon-button" onClick={onClose} aria-label={sayShared().close}>
              <Icon name="close" />
            </button>
          </div>
          <div class="dialog-body">{children}</div>
        </>
      )}
    </dialog>
  );
}

/** A press on the backdrop is a press on the dialog, outside its box. */
function isOutside({ clientX, clientY }: MouseEvent, dialog: HTMLDialogElement): boolean {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
