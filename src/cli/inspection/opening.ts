/** An opening handshake as the page shows it. Knows nothing of connections. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { acceptKey, GUID } from 'hawser/protocol';
import type { InspectedOpening } from './format.js';

/** The headers of both messages, and the steps from `Sec-WebSocket-Key` to `Sec-WebSocket-Accept` (RFC 6455 §4.2.2). */
export function opening(request: IncomingMessage, responseLines: readonly string[]): InspectedOpening {
  const { method, url, httpVersion, rawHeaders, headers } = request;
  const [statusLine = '', ...fields] = responseLines;
  const key = headers['sec-websocket-key'] ?? '';
  return {
    type: 'open',
    requestLine: `${method} ${url} HTTP/${httpVersion}`,
    requestHeaders: pairs(rawHeaders),
    statusLine,
    responseHeaders: fields.map((line) => split(line)),
    key,
    digest: createHash('sha1')
      .update(key + GUID)
      .digest('hex'),
    accept: acceptKey(key),
  };
}

/** `rawHeaders` of `node:http` has names and values in turn. */
function pairs(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  ) as [string, string][];
}

function split(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
