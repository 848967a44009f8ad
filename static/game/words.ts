import { speak } from "../shared/language.ts";

const en = {
  lead:
    "Oshi: push the others over the edge, and stay on the sheet yourself. Arrow keys or WASD move, Space pushes.",
  leadTouch:
    "Oshi: push the others over the edge, and stay on the sheet yourself. The stick moves, the button pushes.",
  name: "Your name",
  nameHint: "The others see it. It can be anything.",
  nameError: "A name needs something to read in it.",
  play: "Play",
  invite: "Copy the link to this game",
  invited: "The link is copied. Who opens it plays with you.",
  board: (players: number) => `The sheet, with ${players} ${players === 1 ? "player" : "players"} on it`,
  players: "Players",
  you: "you",
  out: "over the edge",
  push: "Push",
  waiting: "Looking for the game…",
  moving: "The game is moving to another server…",
  fallen: "Over the edge! Back in a moment.",
  elsewhere: "You play in another window.",
  playHere: "Play here",
  point: "Pushed over! One point.",
  gauges: "The connection",
  transport: "Transport",
  down: "Received",
  up: "Sent",
  states: "States",
  ping: "Round trip",
  jitter: "Jitter of the server’s steps (p99)",
  term: "Owner’s term",
  perSecond: (kilobytes: string) => `${kilobytes}\u00a0kB/s`,
  hertz: (count: string) => `${count}\u00a0Hz`,
  ms: (ms: string) => `${ms}\u00a0ms`,
  how: {
    transport: "WebSocket, MessagePack frames; where it is blocked, events and requests over HTTP",
    lane: "Ephemeral: of the game’s state only the latest waits for a slow reader",
    why: [
      "The server alone decides: it runs the world 60 times a second and takes one input of each player a step. Who sends more is no faster, and nobody can say where they are.",
      "A state that is late is worth nothing, so it is never stored and never sent again. Once a second the whole is sent, in between only what moved since, in whole numbers: MessagePack makes those short, and everybody gets the same bytes.",
      "Your own stamp does not wait for the network: this page runs the server’s own rules ahead of it, and takes back what it got wrong when the server has spoken. The others are drawn 50 ms late, between two known states.",
      "One server owns the game by a lease. When it dies another one goes on within three seconds, with the scores of half a second before.",
    ],
  },
};

const ja: typeof en = {
  lead:
    "押し合いのゲームです。相手を紙の外へ押し出し、自分は残ってください。矢印キーかWASDで移動、スペースで押します。",
  leadTouch:
    "押し合いのゲームです。相手を紙の外へ押し出し、自分は残ってください。左のスティックで移動、右のボタンで押します。",
  name: "お名前",
  nameHint: "ほかの人に表示されます。自由に付けてください。",
  nameError: "読める文字を入れてください。",
  play: "はじめる",
  invite: "このゲームのリンクをコピー",
  invited: "リンクをコピーしました。開いた人と一緒に遊べます。",
  board: (players) => `競技場。いま${players}人がいます`,
  players: "参加者",
  you: "あなた",
  out: "場外",
  push: "押す",
  waiting: "ゲームを探しています…",
  moving: "ゲームを別のサーバーへ移しています…",
  fallen: "場外！ まもなく復帰します。",
  elsewhere: "別のウィンドウで遊んでいます。",
  playHere: "ここで遊ぶ",
  point: "押し出し！ 1点。",
  gauges: "接続",
  transport: "通信方式",
  down: "受信",
  up: "送信",
  states: "状態の更新",
  ping: "往復時間",
  jitter: "サーバーの刻みの揺らぎ（p99）",
  term: "所有者の任期",
  perSecond: (kilobytes) => `毎秒${kilobytes}\u00a0kB`,
  hertz: (count) => `毎秒${count}回`,
  ms: (ms) => `${ms}ミリ秒`,
  how: {
    transport: "WebSocket（MessagePackのフレーム）。遮断された環境ではHTTPのイベントとリクエスト",
    lane: "一時的なレーン。読み手が遅いときは、ゲームの最新の状態だけが残ります",
    why: [
      "判定はすべてサーバーが行います。世界を毎秒60回進め、1回ごとに各プレイヤーの入力を1つだけ使います。たくさん送っても速くはならず、自分の位置を申告することもできません。",
      "遅れた状態には価値がないので、保存も再送もしません。毎秒1回だけ全体を送り、その間は動いた分だけを整数で送ります。整数はMessagePackで短くなり、全員が同じバイト列を受け取ります。",
      "自分の駒はネットワークを待ちません。このページがサーバーと同じ規則で先に動かし、サーバーの答えが届いたら誤差を直します。ほかの人は50ミリ秒遅らせて、届いた2つの状態の間に描きます。",
      "1つのサーバーがリースによってゲームを所有します。そのサーバーが止まっても、3秒以内に別のサーバーが0.5秒前の得点から引き継ぎます。",
    ],
  },
};

/** The words of the game. */
export const gameWords = { en, ja };
/** The game's words in the language of the moment. */
export const say = speak(gameWords);
