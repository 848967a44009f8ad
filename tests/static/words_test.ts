import { expect } from "@std/expect";
import { chatWords } from "../../static/chat/words.ts";
import { compareWords } from "../../static/compare/words.ts";
import { dashboardWords } from "../../static/dashboard/words.ts";
import { editorWords } from "../../static/editor/words.ts";
import { feedWords } from "../../static/feed/words.ts";
import { gameWords } from "../../static/game/words.ts";
import { landingWords } from "../../static/landing/words.ts";
import { notifyWords } from "../../static/notify/words.ts";
import { preferredLanguage, preferredLocale } from "../../static/shared/language.ts";
import { sharedWords } from "../../static/shared/words.ts";

/** Every text of a dictionary by its path; functions stand for what they say of a sample. */
function texts(words: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof value === "string") found.set(here, value);
    else if (typeof value === "function") found.set(here, sample(here, value));
    else for (const [inner, text] of texts(value, here)) found.set(inner, text);
  }
  return found;
}

function sample(path: string, say: (...args: unknown[]) => string): string {
  if (path.endsWith("typing")) return say(["Aiko", "Ben", "Chie"]);
  return say(2, 3);
}

/** Texts that are the same in both languages on purpose. */
const SAME = new Set(["title", "openRoomHint", "byAt", "none", "nothing"]);
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

const dictionaries = {
  chat: chatWords,
  compare: compareWords,
  dashboard: dashboardWords,
  editor: editorWords,
  feed: feedWords,
  game: gameWords,
  landing: landingWords,
  notify: notifyWords,
  shared: sharedWords,
};

for (const [name, { en, ja }] of Object.entries(dictionaries)) {
  Deno.test(`the ${name} dictionary says everything in both languages`, () => {
    const english = texts(en);
    const japanese = texts(ja);
    expect([...japanese.keys()].sort()).toEqual([...english.keys()].sort());
    const empty = [...english, ...japanese].filter(([, text]) => text.trim() === "");
    expect(empty).toEqual([]);
  });

  Deno.test(`the ${name} dictionary is English in English and Japanese in Japanese`, () => {
    const strays = [...texts(en)].filter(([, text]) => JAPANESE.test(text));
    const left = [...texts(ja)].filter(([path, text]) => !SAME.has(path) && !JAPANESE.test(text));
    expect([strays, left]).toEqual([[], []]);
  });
}

Deno.test("who is typing, for one, two and more", () => {
  const { typing } = chatWords.en;
  expect(typing(["Aiko"])).toBe("Aiko is typing…");
  expect(typing(["Aiko", "Ben"])).toBe("Aiko and Ben are typing…");
  expect(typing(["Aiko", "Ben", "Chie"])).toBe("Aiko and 2 others are typing…");
  expect(chatWords.ja.typing(["Aiko", "Ben", "Chie"])).toBe("Aikoさんほか2人が入力中…");
});

Deno.test("the language is the first of the reader's that the pages speak", () => {
  expect(preferredLanguage(["fr-FR", "ja-JP", "en"])).toBe("ja");
  expect(preferredLanguage(["EN-us"])).toBe("en");
  expect(preferredLanguage(["de"])).toBe("en");
  expect(preferredLocale("en", ["ja", "en-GB", "en"])).toBe("en-GB");
  expect(preferredLocale("ja", ["en-GB"])).toBe("ja");
});
