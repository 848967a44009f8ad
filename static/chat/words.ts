import { speak } from "../shared/language.ts";

const en = {
  title: (roomId: string, unread: number) =>
    `${unread > 0 ? `(${unread > 99 ? "99+" : unread}) ` : ""}#${roomId} · Denbun`,
  skip: "Skip to the message field",

  welcome: {
    lead: "Every message is kept, in order, before it counts as sent.",
    name: "Your name",
    nameHint: "It stands beside what you write. No account is needed.",
    nameError: "Please enter a name of 1 to 64 characters.",
    enter: (roomId: string) => `Enter #${roomId}`,
  },

  rooms: "Rooms",
  openRoom: "Open a room",
  openRoomHint: "tea-room",
  open: "Open",
  openRoomError: "Up to 128 letters, digits and _ . : @ | + -, beginning with a letter or digit.",
  forgetRoom: (roomId: string) => `Leave #${roomId}`,
  unread: (n: number) => `${n} unread`,
  invalidRoom: (text: string) => `“${text}” cannot be the name of a room.`,
  refused: (roomId: string) => `You cannot enter #${roomId}`,
  toLobby: "Go to #lobby",
  copyLink: "Copy the link to this room",
  linkCopied: "Link copied",
  linkNotCopied: "The link could not be copied",

  people: "People",
  peopleHere: (n: number) => n === 1 ? "1 person here" : `${n} people here`,
  morePeople: (n: number) => `and ${n} more`,
  you: "you",
  changeName: "Change your name",
  save: "Save",
  someone: "Someone",

  log: (roomId: string) => `Messages in #${roomId}`,
  entering: "Entering…",
  empty: "Nothing has been said here yet.",
  emptyHint: "The first line is yours.",
  beginning: (roomId: string) => `The beginning of #${roomId}`,
  loadingOlder: "Loading earlier messages…",
  olderFailed: "Earlier messages could not be loaded.",
  again: "Try again",
  unreadLine: "New",
  newBelow: (n: number) => n > 99 ? "99+ new" : `${n} new`,
  toEnd: "Jump to the latest message",
  byAt: (name: string, time: string) => `${name}, ${time}`,

  hole: "Messages may be missing here.",
  fill: "Load them",
  filling: "Loading…",
  fillFailed: "They could not be loaded.",
  lost: "Messages that stood here are no longer kept.",
  restart: "A new record of this room begins here.",

  pending: "Sending…",
  sent: "Sent",
  readBy: (n: number) => `Read by ${n}`,
  failed: "Not sent.",
  retry: "Try again",
  discard: "Discard",

  reply: "Reply",
  replyTo: (name: string) => `Reply to ${name}`,
  replyingTo: (name: string) => `Replying to ${name}`,
  cancelReply: "Cancel the reply",
  original: "Show the original message",
  originalAway: "An earlier message",
  originalGone: "The original message is no longer there.",

  typing: (names: readonly string[]) => {
    const [first = "", second = ""] = names;
    if (names.length === 1) return `${first} is typing…`;
    if (names.length === 2) return `${first} and ${second} are typing…`;
    return `${first} and ${names.length - 1} others are typing…`;
  },

  message: "Message",
  writeTo: (roomId: string) => `Write to #${roomId}`,
  send: "Send",
  size: (used: number, max: number) => `${used.toLocaleString("en")} of ${max.toLocaleString("en")} bytes`,
  keys: "Enter sends, Shift + Enter begins a new line",

  how: {
    transport:
      "WebSocket, and where it is blocked server-sent events or polling: the client changes by itself and misses nothing.",
    lane:
      "Messages are durable: stored before they count as sent, each with an offset. Typing, presence and read marks are state: the latest counts.",
    why: [
      "Both sides talk, often and in small pieces: that is what a socket is for.",
      "A message you wrote is kept in this browser until it is acknowledged, and sent again under the same number. So it arrives once, whatever happens in between.",
    ],
  },
};

const ja: typeof en = {
  title: en.title,
  skip: "入力欄へ移動",

  welcome: {
    lead: "すべてのメッセージは、順番どおり保存されてから「送信済み」になります。",
    name: "お名前",
    nameHint: "発言の横に表示されます。アカウント登録は要りません。",
    nameError: "1〜64文字でお名前を入力してください。",
    enter: (roomId) => `#${roomId} に入る`,
  },

  rooms: "ルーム",
  openRoom: "ルームを開く",
  openRoomHint: "tea-room",
  open: "開く",
  openRoomError: "半角英数字と _ . : @ | + - で128文字まで。先頭は英数字にしてください。",
  forgetRoom: (roomId) => `#${roomId} から退出`,
  unread: (n) => `未読${n}件`,
  invalidRoom: (text) => `「${text}」はルーム名に使えません。`,
  refused: (roomId) => `#${roomId} には入れません`,
  toLobby: "#lobby へ",
  copyLink: "このルームのリンクをコピー",
  linkCopied: "リンクをコピーしました",
  linkNotCopied: "リンクをコピーできませんでした",

  people: "参加者",
  peopleHere: (n) => `${n}人が参加中`,
  morePeople: (n) => `ほか${n}人`,
  you: "自分",
  changeName: "名前を変える",
  save: "保存",
  someone: "だれか",

  log: (roomId) => `#${roomId} のメッセージ`,
  entering: "入室しています…",
  empty: "まだ発言はありません。",
  emptyHint: "最初のひとことをどうぞ。",
  beginning: (roomId) => `ここが #${roomId} の始まりです`,
  loadingOlder: "以前のメッセージを読み込んでいます…",
  olderFailed: "以前のメッセージを読み込めませんでした。",
  again: "もう一度試す",
  unreadLine: "ここから未読",
  newBelow: (n) => n > 99 ? "新着99件以上" : `新着${n}件`,
  toEnd: "最新のメッセージへ",
  byAt: (name, time) => `${name}、${time}`,

  hole: "ここのメッセージが抜けている可能性があります。",
  fill: "読み込む",
  filling: "読み込んでいます…",
  fillFailed: "読み込めませんでした。",
  lost: "ここにあったメッセージは、保存期間を過ぎたため表示できません。",
  restart: "ここから新しい記録が始まります。",

  pending: "送信中…",
  sent: "送信済み",
  readBy: (n) => `既読 ${n}`,
  failed: "送信できませんでした。",
  retry: "再送",
  discard: "取り消す",

  reply: "返信",
  replyTo: (name) => `${name}さんに返信`,
  replyingTo: (name) => `${name}さんに返信`,
  cancelReply: "返信をやめる",
  original: "元のメッセージを表示",
  originalAway: "以前のメッセージ",
  originalGone: "元のメッセージは残っていません。",

  typing: (names) => {
    const [first = "", second = ""] = names;
    if (names.length === 1) return `${first}さんが入力中…`;
    if (names.length === 2) return `${first}さんと${second}さんが入力中…`;
    return `${first}さんほか${names.length - 1}人が入力中…`;
  },

  message: "メッセージ",
  writeTo: (roomId) => `#${roomId} へのメッセージ`,
  send: "送信",
  size: (used, max) => `${used.toLocaleString("ja")} / ${max.toLocaleString("ja")} バイト`,
  keys: "Enterで送信、Shift + Enterで改行",

  how: {
    transport:
      "WebSocket です。通らない場所では SSE やポーリングに自動で切り替わり、そのあいだも何も失われません。",
    lane:
      "メッセージは永続レーン。保存されてから「送信済み」になり、オフセットが付きます。入力中、参加者、既読は状態なので、最新の値だけが有効です。",
    why: [
      "双方が小さなメッセージを頻繁にやりとりするので、ソケットが向いています。",
      "書いたメッセージは、受領確認が届くまでこのブラウザーに保管され、同じ番号で送り直されます。途中で何があっても、届くのは一度だけです。",
    ],
  },
};

/** The words of the chat page. */
export const chatWords = { en, ja };
/** The chat's words in the language of the moment. */
export const say = speak(chatWords);
