import { Answers } from "./checker/answers.ts";
import { Delivery } from "./checker/delivery.ts";
import type { Judge, Report } from "./checker/judge.ts";
import { Marks } from "./checker/marks.ts";
import { Presence } from "./checker/presence.ts";
import { Publishing } from "./checker/publishing.ts";
import { Truth } from "./checker/truth.ts";
import type { RunEvent } from "./events.ts";

/** A promise of the relay that a run broke. */
export interface Violation {
  /** the rule of the protocol, or the invariant: I1 acked is stored … I7 presence is true */
  readonly rule: string;
  readonly text: string;
  /** the index of the event that shows it; -1 when only the end does */
  readonly at: number;
}

/**
 * Judges a run by what its clients saw and what the store held in the end. Pure: events in, violations out. It needs
 * the events of each client in their order; how those of different clients lie between each other does not matter.
 */
export function check(events: readonly RunEvent[]): Violation[] {
  const violations: Violation[] = [];
  let at = -1;
  const report: Report = (rule, text) => void violations.push({ rule, text, at });
  const truth = new Truth(events);
  const delivery = new Delivery(truth, report);
  const judges: Judge[] = [
    delivery,
    new Publishing(truth, report),
    new Answers(truth, report),
    new Presence(truth, delivery, report),
    new Marks(truth, delivery, report),
  ];
  for (const event of events) {
    at++;
    for (const judge of judges) judge.see(event);
  }
  at = -1;
  for (const judge of judges) judge.end();
  return violations;
}
