/** What of a keydown event decides whether it sends. */
export interface Keystroke {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/**
 * True when Enter means "send". While an input method composes, Enter confirms the conversion: Chromium and
 * Firefox say so with `isComposing`, Safari only with key code 229. Shift and Alt begin a new line.
 */
export function sendsMessage(stroke: Keystroke): boolean {
  if (stroke.key !== "Enter" || stroke.isComposing || stroke.keyCode === 229) return false;
  return !stroke.shiftKey && !stroke.altKey;
}
