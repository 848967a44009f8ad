import { PageFrame } from "../../shared/page_frame.tsx";
import { hrefOf, PAGES } from "../../shared/pages.ts";
import { sayShared } from "../../shared/words.ts";
import { say } from "../words.ts";

/** What Denbun is, and the way to its pages. */
export function LandingPage() {
  const { pages } = sayShared();
  return (
    <PageFrame page="landing">
      <p class="lead">{say().lead}</p>
      <ul class="ways">
        {PAGES.map((name) => (
          <li key={name}>
            <a class="sheet" href={hrefOf(name)}>
              <h2>{pages[name].title}</h2>
              <p class="soft small-text">{pages[name].about}</p>
            </a>
          </li>
        ))}
      </ul>
    </PageFrame>
  );
}
