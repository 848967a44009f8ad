import type { ReadonlySignal } from "@preact/signals";
import { How } from "../../shared/how.tsx";
import { PageFrame } from "../../shared/page_frame.tsx";
import { hrefOf, PAGES } from "../../shared/pages.ts";
import { sayShared } from "../../shared/words.ts";
import type { Check } from "../model/checks.ts";
import { say } from "../words.ts";
import { Checklist } from "./checklist.tsx";

/** What Denbun is, the way to its pages, and how this relay stands. */
export function LandingPage({ checks }: { checks: ReadonlySignal<readonly Check[] | undefined> }) {
  const { pages } = sayShared();
  return (
    <PageFrame page="landing" how={<How {...say().how} />}>
      <p class="lead">{say().lead}</p>
      <section aria-labelledby="pages-title">
        <h2 id="pages-title" class="section-title">{say().pages}</h2>
        <ul class="ways">
          {PAGES.map((name) => (
            <li key={name}>
              <a class="sheet" href={hrefOf(name)}>
                <h3>{pages[name].title}</h3>
                <p class="soft small-text">{pages[name].about}</p>
              </a>
            </li>
          ))}
        </ul>
      </section>
      <Checklist checks={checks} />
    </PageFrame>
  );
}
