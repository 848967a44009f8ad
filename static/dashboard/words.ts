import { speak } from "../shared/language.ts";

const en = {
  lead:
    "What this relay does at this moment, all its isolates together. Nothing of it is measured while nobody looks.",
  waiting: "Waiting for the first numbers…",
  none: "–",
  panels: {
    cpu: "CPU",
    memory: "Memory",
    requests: "Requests",
    messages: "Messages",
    connections: "Connections",
    acks: "Acknowledgements",
    lag: "Loop lag",
  },
  names: {
    cpuPercent: "of one core",
    memoryBytes: "resident",
    heapBytes: "heap",
    requestsPerSecond: "HTTP",
    messagesInPerSecond: "in",
    messagesOutPerSecond: "out",
    connectionsWebsocket: "WebSocket",
    connectionsSse: "SSE",
    connectionsPolling: "waiting polls",
    ackP50Ms: "half within",
    ackP99Ms: "99 of 100 within",
    loopLagMs: "worst of 15–30 s",
  },

  how: {
    transport:
      "Server-sent events: one stream of the room dashboard, read with the browser’s own EventSource.",
    lane:
      "Ephemeral, with a key for each source: of what waits for a slow reader only the latest is sent. Nothing is stored but the last value.",
    why: [
      "An old number is worth nothing. So a tab that was in the background gets the present one, not a backlog.",
      "The relay measures once a second and only while there is a reader. An application pushes its own series as often as it likes; readers are told ten times a second at most.",
    ],
  },
};

const ja: typeof en = {
  lead:
    "この中継サーバーの今の様子を、全アイソレートの合計で示します。だれも見ていないあいだは何も計測しません。",
  waiting: "最初の値を待っています…",
  none: "–",
  panels: {
    cpu: "CPU使用率",
    memory: "メモリー",
    requests: "リクエスト",
    messages: "メッセージ",
    connections: "接続",
    acks: "受領確認",
    lag: "イベントループの遅れ",
  },
  names: {
    cpuPercent: "1コアあたり",
    memoryBytes: "常駐",
    heapBytes: "ヒープ",
    requestsPerSecond: "HTTP（毎秒）",
    messagesInPerSecond: "受信",
    messagesOutPerSecond: "配信",
    connectionsWebsocket: "WebSocket接続",
    connectionsSse: "SSE接続",
    connectionsPolling: "待機中のポーリング",
    ackP50Ms: "半数がこれ以内",
    ackP99Ms: "99％がこれ以内",
    loopLagMs: "直近15〜30秒の最大",
  },

  how: {
    transport:
      "サーバー送信イベント（SSE）。dashboard ルームの配信を、ブラウザー標準の EventSource で読んでいます。",
    lane:
      "揮発レーン（データ源ごとのキー付き）。遅い読み手には、たまった中から最新の値だけを送ります。保存するのは最後の値だけです。",
    why: [
      "古い数値に価値はありません。裏に回っていたタブには、たまった分ではなく今の値が届きます。",
      "計測は1秒に1回、読み手がいるあいだだけです。アプリケーションは自分の系列を好きな速さで送れますが、読み手に届くのは1秒に10回までです。",
    ],
  },
};

/** The words of the dashboard. */
export const dashboardWords = { en, ja };
/** The dashboard's words in the language of the moment. */
export const say = speak(dashboardWords);
