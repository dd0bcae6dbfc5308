/** The opening handshake of a server, by the engine: from the bytes of a browser's request to the 101. */
import {
  acceptKey,
  acceptOffer,
  checkUpgradeRequest,
  createUpgradeResponse,
  HeaderScanner,
  type MessageHead,
  parseRequestLine,
} from 'hawser/protocol';
import type { Case } from './case.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const REQUEST = Buffer.from(
  [
    'GET /chat?room=1 HTTP/1.1',
    'Host: example.com:8080',
    'Connection: Upgrade',
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    'Upgrade: websocket',
    'Origin: https://example.com',
    'Sec-WebSocket-Version: 13',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-US,en;q=0.9',
    'Cookie: session=0123456789abcdef0123456789abcdef',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Protocol: chat, superchat',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    '\r\n',
  ].join('\r\n'),
);

export function handshake(): Case[] {
  return [
    handshakeCase('request to 101', () => answer(REQUEST).length),
    handshakeCase('accept key', () => acceptKey(KEY).length),
  ];
}

function answer(request: Buffer): string {
  const { startLine, fields } = new HeaderScanner().push(request) as MessageHead;
  const { method, target, version: httpVersion } = parseRequestLine(startLine);
  const { key, subprotocols, extensions } = checkUpgradeRequest({ method, target, httpVersion, fields });
  const deflate = acceptOffer(extensions);
  const [subprotocol] = subprotocols;
  return createUpgradeResponse({ key, subprotocol, extensions: deflate ? [deflate.response] : undefined });
}

function handshakeCase(name: string, step: () => number): Case {
  const operations = 16;
  return {
    name,
    operations,
    result: operations * step(),
    run() {
      let sum = 0;
      for (let count = 0; count < operations; count++) sum += step();
      return sum;
    },
  };
}
