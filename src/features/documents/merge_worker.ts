/// <reference lib="deno.worker" />
import { unreachable } from "../../hub/unreachable.ts";
import { contentOf, merge } from "./merge.ts";
import type { Answer, Question } from "./worker_merger.ts";

self.onmessage = ({ data }: MessageEvent<Question>) => {
  self.postMessage(answer(data));
};

function answer(question: Question): Answer {
  const { id } = question;
  try {
    switch (question.kind) {
      case "merge":
        return { id, result: merge(question.document, question.changes) };
      case "content":
        return { id, result: contentOf(question.update) };
      default:
        return unreachable(question);
    }
  } catch (error) {
    return { id, failed: String(error) };
  }
}
