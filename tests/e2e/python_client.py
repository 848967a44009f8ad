"""A client written from PROTOCOL.md alone: joins, says one thing, waits for one answer, prints what it saw."""
import asyncio, json, sys
import websockets

async def main(url, room, text):
    async with websockets.connect(url + "?name=python") as ws:
        welcome = json.loads(await ws.recv())
        assert welcome["type"] == "welcome", welcome
        me = welcome["payload"]["userId"]
        await ws.send(json.dumps({"type": "join_room", "payload": {"roomId": room, "history": 10}, "messageId": "j-1"}))
        await ws.send(json.dumps({"type": "send_message", "payload": {"roomId": room, "content": text}, "messageId": "m-1"}))
        while True:
            frame = json.loads(await ws.recv())
            if frame["type"] == "ack":
                assert frame["payload"]["success"], frame
                print("ack", frame["messageId"], flush=True)
            if frame["type"] == "new_message" and frame["payload"]["userId"] != me:
                print("heard", frame["payload"]["content"], flush=True)
                return

asyncio.run(main(*sys.argv[1:]))
