// Bun's own publish and subscribe, which is µWebSockets inside.
const server = Bun.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("no", { status: 400 }),
  websocket: {
    message(socket, text) {
      const { join, say, room } = JSON.parse(text);
      if (join !== undefined) {
        socket.subscribe(join);
        socket.send('{"joined":true}');
      } else server.publish(room, JSON.stringify({ said: say }));
    },
  },
});
