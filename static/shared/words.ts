import { speak } from "./language.ts";

const en = {
  close: "Close",
  skip: "Skip to the content",
  home: "Denbun: to the first page",
  menu: "Pages and settings",
  pagesTitle: "Pages",
  pages: {
    chat: { title: "Chat", about: "Rooms with receipts, replies, typing and who is there." },
    feed: {
      title: "Feed",
      about: "Prices and a log over a plain EventSource that keeps up with its reader.",
    },
    notify: {
      title: "Notifications",
      about: "Stored first, live on all your devices, and there when you come back.",
    },
    dashboard: {
      title: "Dashboard",
      about: "CPU, memory, requests, connections and latencies, every second.",
    },
    game: { title: "Game", about: "Oshi: push each other off the sheet, 60 times a second." },
    editor: {
      title: "Editor",
      about: "One document, many writers: cursors, undo of one’s own, and work that goes on offline.",
    },
    compare: {
      title: "Compare",
      about: "Polling, long polling, SSE and WebSocket side by side, measured here.",
    },
  },
  how: {
    open: "How it works",
    title: "How this page works",
    transport: "Transport",
    lane: "Lane",
    why: "Why",
    code: "The least code that does the same",
  },
  language: "Language",
  theme: "Colours",
  themes: { auto: "Auto", light: "Light", dark: "Dark" },

  connecting: "Connecting…",
  reconnecting: "The connection was cut. Trying again…",
  reconnectingIn: "The connection was cut. Next try in",
  seconds: (n: number) => `${n}\u00a0s`,
  offline: "You are offline. What you write is kept and sent when the network is back.",
  gaveUp: (attempts: number) => `No connection after ${attempts} ${attempts === 1 ? "try" : "tries"}.`,
  feedCut: "The stream was cut. The browser is coming back to it…",
  feedRefused: "The server refuses the stream. The page tries again by itself.",
  reconnectNow: "Reconnect now",
  reload: "Reload",
  closed: {
    ended: "The connection was closed.",
    unauthorized: "The server no longer knows you. Reload to enter again.",
    forbidden: "The server does not let you in.",
    kicked: "You were disconnected by an administrator.",
    limit: "The server has no room for more connections from here.",
    protocol: "This page and the server do not understand each other. Reload to get the current page.",
  },

  errors: {
    forbidden: "You may not do that here.",
    too_large: "The message is too long.",
    rate_limited: "Too much at once. Wait a moment.",
    limit_exceeded: "A limit of the server is reached.",
    unavailable: "The server cannot save it at the moment.",
    timeout: "The server did not answer.",
    outbox_full: "Too many messages are waiting to be sent.",
    conflict: "Another message was sent under the same number.",
    disconnected: "The connection ended before it was saved.",
    other: "Something went wrong.",
  },
};

const ja: typeof en = {
  close: "閉じる",
  skip: "本文へ移動",
  home: "Denbun：最初のページへ",
  menu: "ページと設定",
  pagesTitle: "ページ",
  pages: {
    chat: { title: "チャット", about: "ルーム、既読、返信、入力中の表示、参加者の一覧。" },
    feed: { title: "フィード", about: "ふつうの EventSource で届く価格とログ。遅い読み手にも合わせます。" },
    notify: {
      title: "通知",
      about: "保存されてから届き、どの端末にもすぐ表示され、留守のあいだの分もあとで届きます。",
    },
    dashboard: { title: "ダッシュボード", about: "CPU、メモリー、リクエスト、接続、遅延を毎秒表示します。" },
    game: { title: "ゲーム", about: "毎秒60回の判定で遊ぶ、押し合いのゲーム。" },
    editor: {
      title: "エディター",
      about: "一つの文書をみんなで書く。カーソルの共有、自分の分だけの取り消し、オフラインでの作業。",
    },
    compare: { title: "比べる", about: "ポーリング、ロングポーリング、SSE、WebSocket を並べて測ります。" },
  },
  how: {
    open: "しくみ",
    title: "このページのしくみ",
    transport: "通信方式",
    lane: "レーン",
    why: "理由",
    code: "同じことをする最小のコード",
  },
  language: "言語",
  theme: "配色",
  themes: { auto: "自動", light: "ライト", dark: "ダーク" },

  connecting: "接続しています…",
  reconnecting: "接続が切れました。再接続しています…",
  reconnectingIn: "接続が切れました。次の再接続まで",
  seconds: (n) => `${n}秒`,
  offline: "オフラインです。書いたメッセージは保管され、ネットワークが戻ると送信されます。",
  gaveUp: (attempts) => `${attempts}回試しましたが、接続できませんでした。`,
  feedCut: "配信が切れました。ブラウザーがつなぎ直しています…",
  feedRefused: "サーバーに配信を断られました。しばらくして自動で試します。",
  reconnectNow: "今すぐ再接続",
  reload: "再読み込み",
  closed: {
    ended: "接続は終了しました。",
    unauthorized: "セッションが無効になりました。再読み込みして入り直してください。",
    forbidden: "サーバーに接続を拒否されました。",
    kicked: "管理者によって切断されました。",
    limit: "この場所からの接続数が上限に達しています。",
    protocol: "ページとサーバーの版が合いません。再読み込みして最新のページをご利用ください。",
  },

  errors: {
    forbidden: "ここではその操作はできません。",
    too_large: "メッセージが長すぎます。",
    rate_limited: "送信が速すぎます。少し待ってください。",
    limit_exceeded: "サーバーの上限に達しました。",
    unavailable: "サーバーが一時的に保存できません。",
    timeout: "サーバーから応答がありません。",
    outbox_full: "送信待ちのメッセージが多すぎます。",
    conflict: "同じ番号で別のメッセージが送信されています。",
    disconnected: "保存される前に接続が終わりました。",
    other: "問題が発生しました。",
  },
};

/** The words that every page needs. */
export const sharedWords = { en, ja };
/** The shared words in the language of the moment. */
export const sayShared = speak(sharedWords);
