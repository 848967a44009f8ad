import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds wrong with a page as it stands, in both themes: `dark color-contrast .seal`. */
export async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe.source);
    const nodes = await page.evaluate(async () => {
      const { axe, document, requestAnimationFrame } = globalThis as unknown as Inside;
      // two drawings later the other theme is there
      for (let n = 0; n < 2; n++) await new Promise<void>((resolve) => requestAnimationFrame(resolve));
      // a colour on its way to another one is none of the page's colours
      await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
      // behind a dialog that is open nothing can be reached
      const { violations } = await axe.run(document.querySelector("dialog[open]") ?? document);
      return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} ${target.join(" ")}`));
    });
    found.push(...nodes.map((node) => `${colorScheme} ${node}`));
  }
  return found;
}

/** What of the page is used in it. */
interface Inside {
  readonly axe: { run(context: unknown): Promise<{ violations: Violation[] }> };
  requestAnimationFrame(drawn: () => void): void;
  readonly document: {
    querySelector(selector: string): unknown;
    getAnimations(): readonly { readonly finished: Promise<unknown> }[];
  };
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}
