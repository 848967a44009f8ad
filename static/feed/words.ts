import { speak } from "../shared/language.ts";

const en = {
  lead:
    "Two streams over one plain EventSource: of prices only the latest counts, of the log every line does.",
  silent:
    "Nothing comes. The demo feed is made where guests may enter, and this relay may not be such a one.",
  prices: "Prices",
  symbol: "Good",
  price: "Price",
  change: "Since you came",
  trail: "Course",
  log: "Log",
  waiting: "Waiting for the first line…",
  levels: { info: "info", warn: "warn", error: "error" },
  inTime: "Up to date",
  behind: (seconds: string) => `${seconds} s behind, catching up`,
  told: "The server has noticed, and sends the log at this tab’s pace.",
  received: (n: string, missed: number) =>
    `${n} lines received, ${missed === 0 ? "none" : missed.toLocaleString("en")} missing`,
  slow: "Make this tab slow",
  rush: "Start a rush of 8,000 lines",
  rushBegan: "The rush has begun.",
  rushRefused: "There was a rush a moment ago. The next one is possible in a minute.",
  rushFailed: "The rush could not be started.",

  how: {
    transport:
      "Server-sent events: one GET request that never ends, and the browser’s own EventSource. No library.",
    lane:
      "Prices: ephemeral, with a key. Of several that wait for a slow reader only the latest is sent. Log lines: durable, with offsets. A slow reader is served from the log, at its own pace.",
    why: [
      "Readers who only listen need no way up. EventSource comes back by itself after a cut and says with Last-Event-ID where it was, so nothing of the log is lost.",
      "A reader who cannot keep up must not cost the server memory, and must not slow the others down. So prices are skipped, and the log waits in the store, not in a queue.",
      "Both are made only while somebody reads them.",
    ],
  },
};

const ja: typeof en = {
  lead:
    "ふつうの EventSource ひとつで、二つの配信を受け取ります。価格は最新の値だけ、ログは一行残らず届きます。",
  silent:
    "何も届いていません。デモの配信はゲストが入れる中継サーバーでだけ作られます。ここはそうではないのかもしれません。",
  prices: "価格",
  symbol: "品目",
  price: "価格",
  change: "開いてからの変化",
  trail: "推移",
  log: "ログ",
  waiting: "最初の行を待っています…",
  levels: { info: "情報", warn: "警告", error: "エラー" },
  inTime: "最新です",
  behind: (seconds) => `${seconds}秒遅れています。追いかけています`,
  told: "サーバーも遅れに気づき、このタブの速さに合わせてログを送っています。",
  received: (n, missed) => `${n}行受信、${missed === 0 ? "抜けなし" : `${missed}行の抜け`}`,
  slow: "このタブを遅くする",
  rush: "8,000行を一気に流す",
  rushBegan: "流しはじめました。",
  rushRefused: "少し前に流したばかりです。1分後にもう一度お試しください。",
  rushFailed: "流しはじめられませんでした。",

  how: {
    transport:
      "サーバー送信イベント（SSE）。終わらない GET リクエストひとつと、ブラウザー標準の EventSource だけです。ライブラリーは使いません。",
    lane:
      "価格は揮発レーン（キー付き）。遅い読み手には、たまった中から最新の値だけを送ります。ログは永続レーン（オフセット付き）。遅い読み手には、その速さに合わせて保存先から送ります。",
    why: [
      "聞くだけなら、上りの通信は要りません。EventSource は切れても自分でつなぎ直し、Last-Event-ID で続きの位置を伝えるので、ログは抜けません。",
      "追いつけない読み手のためにサーバーのメモリーを使ったり、ほかの読み手を遅らせたりしてはいけません。だから価格は飛ばし、ログは送信待ちの列ではなく保存先で待たせます。",
      "どちらも、だれかが見ているあいだだけ作られます。",
    ],
  },
};

/** The words of the feed. */
export const feedWords = { en, ja };
/** The feed's words in the language of the moment. */
export const say = speak(feedWords);
