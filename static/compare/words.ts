import { speak } from "../shared/language.ts";

const en = {
  lead: "One live stream, read in four ways at once by this page. Everything is measured here, by one clock.",
  waiting: "Beginning…",
  failed: "It could not be begun.",
  again: "Try again",
  settings: "The stream and its readers",
  perSecond: "Messages",
  perSecondValue: (n: string) => `${n} a second`,
  pollEveryMs: "Pause between polls",
  pollEveryMsValue: (n: string) => `${n} s`,
  bytes: "Size",
  bytesValue: (n: string) => `${n} bytes`,
  cut: "Cut all off for 5 s",
  cutting: (n: string) => `Cut off, ${n} s left`,

  figures: {
    p50Ms: "Half arrive within",
    p95Ms: "95 of 100 within",
    requests: "Requests, last minute",
    bytes: "kB, last minute",
    received: "Received",
    caughtUp: "Sent during the last cut, came after it",
    missing: "Missing",
  },
  ms: (n: string) => `${n} ms`,
  nothing: "–",
  away: "It does not get through at the moment.",
  enoughWhen: "Enough when",
  ways: {
    polling: {
      name: "Polling",
      enough:
        "news may be as old as the pause, changes are rare, and a cache or a simple script is all you have. An answer that nothing changed costs no body.",
    },
    longPolling: {
      name: "Long polling",
      enough:
        "news has to come at once but seldom, and something on the way allows nothing but plain requests. With each message it pays for a whole request.",
    },
    sse: {
      name: "Server-sent events",
      enough:
        "the browser only listens: notifications, feeds, dashboards. It comes back by itself, passes every proxy, and what goes up is a plain POST.",
    },
    webSocket: {
      name: "WebSocket",
      enough:
        "both sides talk, often and in small pieces: chat, documents, games. The cheapest for each message, and the one that some networks block.",
    },
  },
  notes:
    "Headers cannot be seen by a page and are taken to be 1,000 bytes a request. Each reader goes on from its position after a cut: a client without one would have missed what was sent meanwhile.",

  how: {
    transport:
      "All four, side by side: polling, long polling, server-sent events and WebSocket, in one room.",
    lane: "Durable: each message has an offset, and a position is good on every transport.",
    why: [
      "The same envelopes come over every transport, so what differs is the way alone.",
      "The page sends the stream itself over a socket of its own, each message with the time it was sent: so no two clocks have to agree.",
    ],
  },
};

const ja: typeof en = {
  lead:
    "ひとつの配信を、このページが四つの方式で同時に受信します。計測はすべてこのページの同じ時計で行います。",
  waiting: "準備しています…",
  failed: "開始できませんでした。",
  again: "もう一度試す",
  settings: "配信と読み手の設定",
  perSecond: "メッセージの頻度",
  perSecondValue: (n) => `毎秒${n}件`,
  pollEveryMs: "ポーリングの間隔",
  pollEveryMsValue: (n) => `${n}秒`,
  bytes: "大きさ",
  bytesValue: (n) => `${n}バイト`,
  cut: "すべてを5秒間切断する",
  cutting: (n) => `切断中（あと${n}秒）`,

  figures: {
    p50Ms: "半数が届くまで",
    p95Ms: "95％が届くまで",
    requests: "直近1分のリクエスト数",
    bytes: "直近1分の通信量（kB）",
    received: "受信数",
    caughtUp: "直前の切断中に送られ、あとから届いた数",
    missing: "抜け",
  },
  ms: (n) => `${n}ミリ秒`,
  nothing: "–",
  away: "いまはつながっていません。",
  enoughWhen: "これで十分なのは",
  ways: {
    polling: {
      name: "ポーリング",
      enough:
        "知らせが間隔の分だけ遅れてもよく、変化がまれで、キャッシュや簡単なスクリプトで済ませたいとき。変化がなければ本文は送られません。",
    },
    longPolling: {
      name: "ロングポーリング",
      enough:
        "知らせはまれでも、すぐに届いてほしいとき。途中の経路がふつうのリクエストしか通さないときにも。ただしメッセージごとに一回のリクエストがかかります。",
    },
    sse: {
      name: "SSE（一方向）",
      enough:
        "ブラウザーが聞くだけのとき。通知、フィード、ダッシュボードなど。自分でつなぎ直し、どんなプロキシも通り、上りはふつうの POST で済みます。",
    },
    webSocket: {
      name: "WebSocket（双方向）",
      enough:
        "双方が小さなメッセージを頻繁にやりとりするとき。チャット、共同編集、ゲームなど。1件あたりの通信量は最も少なく、一方で通さないネットワークもあります。",
    },
  },
  notes:
    "ヘッダーはページから見えないため、1リクエスト1,000バイトとして計算しています。どの読み手も切断後は自分の位置から続けます。位置を持たないクライアントなら、その間のメッセージは失われていました。",

  how: {
    transport: "ポーリング、ロングポーリング、SSE、WebSocket の四つを、ひとつのルームで並べています。",
    lane: "永続レーン。どのメッセージにもオフセットがあり、その位置はどの方式でも通用します。",
    why: [
      "どの方式でも同じ封筒（エンベロープ）が届くので、違うのは届き方だけです。",
      "配信はこのページ自身が別のソケットから、送信時刻を添えて送っています。だから二つの時計を合わせる必要がありません。",
    ],
  },
};

/** The words of the comparison. */
export const compareWords = { en, ja };
/** The comparison's words in the language of the moment. */
export const say = speak(compareWords);
