/**
 * An echo server on bare `node:net`: the engine needs no HTTP server. Bytes of the socket go in; what comes out
 * of the handler goes back. `npm run example -- raw-net`, PORT chooses the port (default 9001).
 */
import { createServer, type Socket } from 'node:net';
import * as hawser from 'hawser/protocol';

const server = createServer((socket) => {
  const scanner = new hawser.HeaderScanner();
  socket.setTimeout(10_000, () => socket.destroy()).on('error', () => socket.destroy());
  socket.on('data', function handshake(bytes) {
    try {
      const head = scanner.push(bytes);
      if (head === null) return;
      const { method, version: httpVersion, target } = hawser.parseRequestLine(head.startLine);
      const { key } = hawser.checkUpgradeRequest({ method, httpVersion, target, fields: head.fields });
      socket.setTimeout(0).off('data', handshake).write(hawser.createUpgradeResponse({ key }));
      echo(socket).receive(head.rest);
    } catch (error) {
      if (!(error instanceof hawser.HandshakeError)) throw error;
      socket.off('data', handshake).resume().end(hawser.createRefusal(error));
    }
  });
});

function echo(socket: Socket): hawser.WebSocketProtocol {
  const handler: hawser.ProtocolHandler = {
    message: (payload, isBinary) => protocol.send(payload, isBinary),
    failed: (error) => console.error(error.message),
    closable: () => socket.end(),
    write: (header, payload) => {
      socket.write(header);
      if (payload) socket.write(payload);
      return socket.writableLength === 0; // true: the engine may use these bytes again
    },
  };
  const protocol = new hawser.WebSocketProtocol(handler, { role: 'server' });
  socket.on('data', (bytes) => protocol.receive(bytes)).on('end', () => protocol.receiveEnd());
  return protocol;
}

server.listen(Number(process.env.PORT ?? 9001), '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`ws://127.0.0.1:${address.port}`);
});
