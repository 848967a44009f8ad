import { expect } from "@std/expect";
import { site, Stream } from "../transports_http/harness/mod.ts";

const KEY = "the key of our servers, 32 bytes long";

export async function notified(): Promise<void> {
  await using server = site({ serverKeys: [KEY] });
  const ann = server.user("ann");
  const notify = async (title: string) => {
    const body = JSON.stringify({ title });
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const answer = await fetch(`${server.url}/api/users/ann/notifications`, {
      method: "POST",
      headers,
      body,
    });
    return (await answer.json()).offset;
  };
  const open = () => Stream.open(`${server.url}/api/notifications`, ann.headers);
  {
    await using phone = await open();
    await using desk = await open();
    await Promise.all([phone.until("joined_room"), desk.until("joined_room")]);
    expect(await notify("live")).toBe(1);
    for (const device of [phone, desk]) {
      expect((await device.until("notification")).envelope.payload.title).toBe("live");
    }
  }
  await notify("later");
  const inbox = await (await ann.fetch("/api/inbox")).json();
  expect(inbox).toMatchObject({ unread: 2, notifications: [{ title: "live" }, { title: "later" }] });
}
