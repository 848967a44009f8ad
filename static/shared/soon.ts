/** A page in the background is not drawn: there the task runs after this time instead. */
const HIDDEN_MS = 100;

/** Runs `task` once, before the next drawing or a moment later where nothing is drawn. */
export function soon(task: () => void): void {
  let frame = 0;
  let timer = 0;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    task();
  };
  frame = requestAnimationFrame(run);
  timer = setTimeout(run, HIDDEN_MS);
}
