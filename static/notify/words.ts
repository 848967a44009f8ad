import { speak } from "../shared/language.ts";

const en = {
  lead: "Open this page in a second window: both belong to you, and both hear of everything.",
  unread: (n: number) => n === 0 ? "All read" : n === 1 ? "1 unread" : `${n} unread`,
  markAll: "Mark all as read",
  inbox: "Inbox",
  empty: "Nothing has come yet.",
  older: "Load earlier ones",
  failed: "That did not work. Try again.",
  arrived: (title: string) => `New: ${title}`,
  isNew: "Unread",
  open: "Open",

  send: "Send one to yourself",
  sendHint: "In an application it is your server that sends them, with its key.",
  title: "Title",
  titleDefault: "Your order was shipped",
  body: "Text",
  bodyDefault: "It will be there tomorrow.",
  submit: "Send",
  sent: "Stored and on its way.",
  tooMany: "Too many at once. Wait a moment.",
  noDemo: "This relay is no demo: its notifications come from the application’s server.",
  needsTitle: "Please write a title.",
  notKnown: "This relay knows only its application’s users. Enter there first.",
  notReached: "The relay cannot be reached.",
  again: "Try again",

  how: {
    transport:
      "Server-sent events: GET /api/notifications, a stream of your own room. The same over WebSocket (join user:<id>) and polling.",
    lane:
      "Durable: each notification is stored before anybody hears of it, and has an offset. The read mark is state: the latest counts.",
    why: [
      "Whoever is only told things needs no way up, and a stream passes every proxy.",
      "What came while you were away is sent on your return, from your read mark on. What is unread follows from the mark alone: so two devices always agree.",
      "Servers post with their key; a browser never has it. The form on this page uses a route that exists only in guest mode and reaches only yourself, once a second.",
    ],
  },
};

const ja: typeof en = {
  lead:
    "このページを別のウィンドウでも開いてみてください。どちらもあなたのもので、どちらにもすべて届きます。",
  unread: (n) => n === 0 ? "すべて既読" : `未読 ${n}件`,
  markAll: "すべて既読にする",
  inbox: "受信箱",
  empty: "まだ何も届いていません。",
  older: "以前の通知を読み込む",
  failed: "うまくいきませんでした。もう一度お試しください。",
  arrived: (title) => `新着：${title}`,
  isNew: "未読",
  open: "開く",

  send: "自分あてに送ってみる",
  sendHint: "実際のアプリケーションでは、サーバーが専用の鍵を使って送ります。",
  title: "タイトル",
  titleDefault: "ご注文の品を発送しました",
  body: "本文",
  bodyDefault: "明日お届けする予定です。",
  submit: "送る",
  sent: "保存され、配信されました。",
  tooMany: "送信が速すぎます。少し待ってください。",
  noDemo: "この中継サーバーはデモではありません。通知はアプリケーションのサーバーから届きます。",
  needsTitle: "タイトルを入力してください。",
  notKnown:
    "この中継サーバーには、アプリケーションの利用者だけが入れます。先にそちらでログインしてください。",
  notReached: "中継サーバーにつながりません。",
  again: "もう一度試す",

  how: {
    transport:
      "サーバー送信イベント（SSE）。GET /api/notifications が、あなた専用のルームを配信します。WebSocket（user:<id> に参加）でも、ポーリングでも同じものが届きます。",
    lane:
      "永続レーン。通知は保存されてから届き、オフセットが付きます。既読位置は状態なので、最新の値だけが有効です。",
    why: [
      "知らせを受け取るだけなら上りの通信は要りません。SSE ならどんなプロキシも通れます。",
      "留守のあいだに届いたものは、戻ったときに既読位置の続きから送られます。未読数は既読位置だけから決まるので、二台の端末で食い違うことはありません。",
      "送るのは鍵を持つサーバーだけで、ブラウザーが鍵を持つことはありません。このページのフォームが使う経路はゲストモードにしかなく、自分あてに、1秒に1件までしか送れません。",
    ],
  },
};

/** The words of the notifications page. */
export const notifyWords = { en, ja };
/** The page's words in the language of the moment. */
export const say = speak(notifyWords);
