// A broadcast server as it is usually written: ws on Node, one send a member.
import { WebSocket, WebSocketServer } from "ws";

const rooms = new Map();
const server = new WebSocketServer({ port: Number(process.env.PORT), host: "127.0.0.1" });
server.on("connection", (socket) => {
  let room;
  socket.on("error", () => {});
  socket.on("close", () => room?.delete(socket));
  socket.on("message", (text) => {
    const { join, say } = JSON.parse(text);
    if (join !== undefined) {
      room = rooms.get(join) ?? new Set();
      rooms.set(join, room);
      room.add(socket);
      socket.send('{"joined":true}');
    }
    if (say === undefined) return;
    const message = JSON.stringify({ said: say });
    for (const member of room) if (member.readyState === WebSocket.OPEN) member.send(message);
  });
});
