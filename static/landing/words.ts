import { speak } from "../shared/language.ts";

const en = {
  lead:
    "Denbun is a realtime relay: it carries messages between browsers, servers and devices, in rooms, and keeps its word. Acknowledged means stored; stored means every member gets it, once, in order, or is told so.",
};

const ja: typeof en = {
  lead:
    "Denbun（電文）は、ブラウザー、サーバー、機器のあいだでメッセージを届けるリアルタイム中継サーバーです。受け付けたメッセージは必ず保存され、保存されたメッセージはルームの全員に一度だけ、順番どおりに届きます。届けられないときは、必ずそのことを知らせます。",
};

/** The words of the first page. */
export const landingWords = { en, ja };
/** The first page's words in the language of the moment. */
export const say = speak(landingWords);
