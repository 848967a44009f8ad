import { speak } from "../shared/language.ts";

const en = {
  lead:
    "Denbun is a realtime relay: it carries messages between browsers, servers and devices, in rooms, and keeps its word. Acknowledged means stored; stored means every member gets it, once, in order, or is told so.",
  pages: "See it work",
  checklist: "Before the public comes",
  checklistLead: "What a realtime system needs in production, and how it is on this relay at this moment.",
  unreached: "The relay does not answer at the moment.",
  how: {
    transport:
      "Polling: two small requests every five seconds, GET /api/status and GET /readyz, and none while nobody looks at the page.",
    lane: "None. The answer is how things stand at that moment, and nothing of it is kept.",
    why: [
      "News that may be five seconds old, and seldom comes: a connection would be kept open for nothing.",
      "Each of the other pages says the same about itself.",
    ],
  },
  states: { good: "Right", look: "Worth a look", bad: "Not working" },
  checks: {
    tls: {
      title: "Encryption",
      says: {
        on: "The connection to this relay is encrypted.",
        local: "You are on this machine itself; elsewhere put TLS in front.",
        off: "The connection is not encrypted: put TLS in front before anybody else comes.",
      },
    },
    auth: {
      title: "Authentication",
      says: {
        tokens: "Only holders of the application’s tokens enter.",
        both: "Holders of the application’s tokens enter, and everybody else as a guest.",
        guests: "Everybody may enter as a guest: set JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL.",
      },
    },
    origins: {
      title: "Origins",
      says: {
        own: "Only pages of this relay’s own origin may connect.",
        listed: "Pages of this origin and of the listed ones may connect.",
      },
    },
    limits: {
      title: "Limits",
      says: {
        on: "Connections of an address and messages of a connection are limited.",
        off: "Connections or messages are not limited: one client can take all.",
      },
    },
    serverKey: {
      title: "Server key",
      says: {
        on: "The application’s servers can notify, publish, revoke and disconnect.",
        off: "The server API is closed: set API_KEY to open it to your servers.",
      },
    },
    store: {
      title: "Store",
      says: {
        durable: "It answers, and what is acknowledged outlives this process.",
        memory: "It answers, but it is in memory: nothing outlives this process.",
        away: "It does not answer: messages are refused, and can be sent again.",
      },
    },
    backplane: {
      title: "Backplane",
      says: {
        heard: "Nodes hear each other.",
        away: "Other nodes are not heard: news of theirs comes late, from the store.",
      },
    },
    proxy: {
      title: "Proxies",
      says: {
        none: "No proxy forwards here that is not configured.",
        untrusted:
          "A proxy forwards that is not configured: all its clients count as one. Set TRUSTED_PROXIES.",
      },
    },
  },
};

const ja: typeof en = {
  lead:
    "Denbun（電文）は、ブラウザー、サーバー、機器のあいだでメッセージを届けるリアルタイム中継サーバーです。受け付けたメッセージは必ず保存され、保存されたメッセージはルームの全員に一度だけ、順番どおりに届きます。届けられないときは、必ずそのことを知らせます。",
  pages: "動いているところを見る",
  checklist: "公開する前に",
  checklistLead: "本番のリアルタイムシステムに欠かせないものと、この中継サーバーの今の状態です。",
  unreached: "中継サーバーが応答していません。",
  how: {
    transport:
      "ポーリングです。GET /api/status と GET /readyz という小さなリクエストを、5秒ごとに一度ずつ送ります。ページが隠れているあいだは送りません。",
    lane: "ありません。尋ねた時点の状態が返るだけで、何も保存されません。",
    why: [
      "変化はまれで、5秒遅れてもかまいません。そのために接続を開いたままにしておく必要はありません。",
      "ほかのページも、それぞれの方式と理由を同じように説明しています。",
    ],
  },
  states: { good: "問題なし", look: "要確認", bad: "動いていません" },
  checks: {
    tls: {
      title: "暗号化",
      says: {
        on: "この中継サーバーとの通信は暗号化されています。",
        local: "この機械自身からの接続です。ほかから使うときは、手前で TLS を有効にしてください。",
        off: "通信が暗号化されていません。公開する前に、手前で TLS を有効にしてください。",
      },
    },
    auth: {
      title: "認証",
      says: {
        tokens: "アプリケーションのトークンを持つ人だけが入れます。",
        both: "アプリケーションのトークンを持つ人が入れるほか、だれでもゲストとして入れます。",
        guests:
          "だれでもゲストとして入れます。JWT_SECRET、JWT_PUBLIC_KEY、JWT_JWKS_URL のいずれかを設定してください。",
      },
    },
    origins: {
      title: "オリジン",
      says: {
        own: "接続できるのは、この中継サーバー自身のページだけです。",
        listed: "自身のページと、登録されたオリジンのページが接続できます。",
      },
    },
    limits: {
      title: "制限",
      says: {
        on: "アドレスごとの接続数と、接続ごとのメッセージ数が制限されています。",
        off: "接続数かメッセージ数に制限がありません。ひとりがすべてを占有できてしまいます。",
      },
    },
    serverKey: {
      title: "サーバーの鍵",
      says: {
        on: "アプリケーションのサーバーから、通知、発行、失効、切断ができます。",
        off: "サーバー用の API は閉じています。使うには API_KEY を設定してください。",
      },
    },
    store: {
      title: "保存先",
      says: {
        durable: "応答しています。受け付けたメッセージは、このプロセスが終わっても残ります。",
        memory: "応答していますが、メモリー上にあります。このプロセスが終わると何も残りません。",
        away: "応答していません。メッセージは断られますが、あとで送り直せます。",
      },
    },
    backplane: {
      title: "ノード間の通信",
      says: {
        heard: "ノードどうしの知らせが届いています。",
        away: "ほかのノードの知らせが届いていません。保存先から遅れて届きます。",
      },
    },
    proxy: {
      title: "プロキシ",
      says: {
        none: "設定されていないプロキシからの転送はありません。",
        untrusted:
          "設定されていないプロキシから転送されています。その先の全員がひとつのアドレスに見えます。TRUSTED_PROXIES を設定してください。",
      },
    },
  },
};

/** The words of the first page. */
export const landingWords = { en, ja };
/** The first page's words in the language of the moment. */
export const say = speak(landingWords);
