import { speak } from "../shared/language.ts";

const en = {
  title: "Title",
  untitled: "Untitled",
  label: "Text of the document",
  placeholder: "Write here. Everybody who has the link writes along.",
  name: "Your name",
  setName: "Use it",
  you: (name: string) => `${name} (you)`,
  people: (count: number) => count === 1 ? "One person is here" : `${count} people are here`,
  undo: "Undo",
  redo: "Redo",
  share: "Copy link",
  copied: "Copied.",
  notCopied: (url: string) => `The link: ${url}`,
  saved: "Saved",
  saving: "Saving…",
  loading: "Fetching the document…",
  offline: "Offline. What you write stays in this browser and is merged when you are back.",
  readOnly: "You may read this document, and not change it.",
  refused: (why: string) => `Your last changes are not saved: ${why}`,
  version: (count: string) => count === "1" ? "1 change" : `${count} changes`,
  noDocument: "No document can be called that. An address ends in ?doc= and a name of letters and digits.",

  transports: {
    ws: "WebSocket",
    sse: "server-sent events",
    longpoll: "long polling",
    poll: "polling",
    none: "no connection",
  },

  how: {
    transport: (now: string) =>
      `WebSocket, because changes go both ways all the time; where it is blocked server-sent events or polling. At this moment: ${now}. The page writes in JSON, others may write in MessagePack, in the same document.`,
    lane:
      "Changes: durable, with offsets. A change is stored before it is acknowledged, and nobody misses one. Cursors: ephemeral, with a key. Of several only a person’s latest counts.",
    why: [
      "A change is an update of Yjs, which can be merged in any order with the same result. So nobody waits for anybody, and what was written offline finds its place on return.",
      "Now and then the server merges all changes into a snapshot, and lets the log before it go. Who comes new is sent the snapshot and the few changes after it, however long the history is.",
      "Undo takes back what you wrote, never what others wrote.",
    ],
  },
};

const ja: typeof en = {
  title: "題名",
  untitled: "無題",
  label: "文書の本文",
  placeholder: "ここに書いてください。リンクを知っている人は、誰でも一緒に書けます。",
  name: "あなたの名前",
  setName: "この名前にする",
  you: (name) => `${name}（あなた）`,
  people: (count) => `${count}人がここにいます`,
  undo: "元に戻す",
  redo: "やり直す",
  share: "リンクをコピー",
  copied: "コピーしました。",
  notCopied: (url) => `リンク：${url}`,
  saved: "保存済み",
  saving: "保存しています…",
  loading: "文書を読み込んでいます…",
  offline: "オフラインです。書いた内容はこのブラウザーに残り、つながると合わさります。",
  readOnly: "この文書は閲覧のみです。変更はできません。",
  refused: (why) => `最後の変更は保存されていません：${why}`,
  version: (count) => `変更${count}回`,
  noDocument: "この名前の文書は作れません。アドレスの最後を ?doc= と英数字の名前にしてください。",

  transports: {
    ws: "WebSocket（双方向）",
    sse: "Server-Sent Events（サーバーからの配信）",
    longpoll: "ロングポーリング",
    poll: "ポーリング",
    none: "接続なし",
  },

  how: {
    transport: (now) =>
      `変更は絶えず両方向に流れるので、WebSocket を使います。使えない場所では Server-Sent Events やポーリングに切り替わります。現在：${now}。このページは JSON で書きますが、MessagePack のクライアントとも同じ文書を編集できます。`,
    lane:
      "変更は、保存されてオフセットが付くレーンで流れます。保存してから受領を返し、誰にも欠けることなく届きます。カーソルは、保存されないキー付きのレーンで、各自の最新の位置だけが届きます。",
    why: [
      "変更は Yjs の更新で、どの順に合わせても結果は同じです。だから誰も待たずに書けて、オフラインで書いた内容も、戻ったときに正しい場所へ入ります。",
      "サーバーはときどき、それまでの変更を一つのスナップショットにまとめ、古いログを手放します。あとから来た人には、履歴がどれほど長くても、スナップショットとその後のわずかな変更だけが送られます。",
      "「元に戻す」で戻るのは自分の書いたところだけです。ほかの人の文章は変わりません。",
    ],
  },
};

/** The words of the editor. */
export const editorWords = { en, ja };
/** The editor's words in the language of the moment. */
export const say = speak(editorWords);
