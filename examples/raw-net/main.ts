/**
 * An echo server on bare `node:net`: the engine needs no HTTP server. Bytes from the socket go in, what comes out
 * of the handler goes back. Run it with `npm run example -- raw-net`, PORT chooses the port (default 9001).
 */
import { createServer, type Socket } from 'node:net';
import {
  checkUpgradeRequest,
  createRefusal,
  createUpgradeResponse,
  HandshakeError,
  HeaderScanner,
  parseRequestLine,
  WebSocketProtocol,
} from 'hawser/protocol';

const server = createServer((socket) => {
  const scanner = new HeaderScanner();
  socket.on('error', () => socket.destroy());
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on('data', function handshake(bytes) {
    try {
      const head = scanner.push(bytes);
      if (head === null) return;
      const { method, version: httpVersion, target } = parseRequestLine(head.startLine);
      const { key } = checkUpgradeRequest({ method, httpVersion, target, fields: head.fields });
      socket.write(createUpgradeResponse({ key }));
      socket.setTimeout(0);
      socket.removeListener('data', handshake);
      echo(socket).receive(head.rest);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      socket.end(createRefusal(error));
    }
  });
});

function echo(socket: Socket): WebSocketProtocol {
  const protocol = new WebSocketProtocol(
    {
      message: (payload, isBinary) => protocol.send(Buffer.concat([payload].flat()), isBinary),
      write: (bytes, payload) => {
        socket.write(bytes);
        if (payload) socket.write(payload);
        return socket.writableLength === 0;
      },
      closable: () => socket.end(),
      compressedMessage: () => undefined, // only after permessage-deflate was negotiated
      ping: () => undefined, // answered by the engine
      pong: () => undefined,
      close: () => undefined, // echoed by the engine
      failed: (error) => console.error(error.message),
    },
    { role: 'server' },
  );
  socket.on('data', (bytes) => protocol.receive(bytes));
  socket.on('end', () => protocol.receiveEnd());
  return protocol;
}

server.listen(Number(process.env['PORT'] ?? 9001), '127.0.0.1', () => {
  console.log('listening on', server.address());
});
