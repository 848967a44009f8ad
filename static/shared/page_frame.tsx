import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import { hrefOf, type PageName, PAGES } from "./pages.ts";
import { PreferencesForm } from "./preferences_form.tsx";
import { Mark } from "./seal.tsx";
import { sayShared } from "./words.ts";

export interface PageFrameProps {
  readonly page: PageName | "landing";
  /** how much waits for the reader: stands before the title */
  readonly unread?: number;
  /** says how the page gets its data: what the drawer on the right holds */
  readonly how?: ComponentChildren;
  /** stands between the head and the content, as a banner does */
  readonly notice?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** What all pages but the chat have around them: the way to the others, how this one works, language and colours. */
export function PageFrame({ page, unread = 0, how, notice, children }: PageFrameProps) {
  const drawer = useSignal<"menu" | "how" | undefined>(undefined);
  const close = () => drawer.value = undefined;
  const say = sayShared();
  const title = page === "landing" ? "Denbun" : say.pages[page].title;
  useEffect(() => {
    const count = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ` : "";
    document.title = page === "landing" ? "Denbun" : `${count}${title} · Denbun`;
  }, [title, unread]);
  return (
    <div class="page">
      <a class="skip-link" href="#content">{say.skip}</a>
      <header class="page-head">
        <a class="page-home" href={hrefOf("landing")} aria-label={say.home}>
          <Mark />
        </a>
        <h1>{title}</h1>
        {how !== undefined && (
          <button
            type="button"
            class="button small"
            data-testid="open-how"
            aria-haspopup="dialog"
            onClick={() => drawer.value = "how"}
          >
            {say.how.open}
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          data-testid="open-menu"
          aria-haspopup="dialog"
          aria-label={say.menu}
          onClick={() => drawer.value = "menu"}
        >
          <Icon name="menu" />
        </button>
      </header>
      {notice}
      <main id="content" class="page-content" tabIndex={-1}>{children}</main>
      <Dialog title={say.menu} from="right" open={drawer.value === "menu"} onClose={close}>
        <nav class="page-links" aria-label={say.pagesTitle}>
          <ul>
            {PAGES.map((name) => (
              <li key={name}>
                <a href={hrefOf(name)} aria-current={name === page ? "page" : undefined}>
                  {say.pages[name].title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <PreferencesForm />
      </Dialog>
      <Dialog title={say.how.title} from="right" open={drawer.value === "how"} onClose={close}>
        {how}
      </Dialog>
    </div>
  );
}
