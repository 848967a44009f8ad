/**
 * Runs before the first paint (a plain script in the head), so that a chosen theme never flashes. Without
 * modules and without imports: the page waits for every byte of it.
 */
{
  try {
    const root = document.documentElement;
    const theme = localStorage.getItem("denbun.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const language = localStorage.getItem("denbun.language") ?? navigator.language;
    if (language.startsWith("ja")) root.lang = "ja";
  } catch {
    // storage is blocked: the system's theme it is
  }
}
