/**
 * Target: the heads of opening handshakes, from bytes in any cut to a judged request or response. The first
 * octet of an input chooses which, and the bounds.
 */
import { Buffer } from 'node:buffer';
import { errorCatalogue, HandshakeError } from '../src/protocol/errors.js';
import {
  checkUpgradeRequest,
  checkUpgradeResponse,
  createOffer,
  createRefusal,
  createUpgradeResponse,
  HeaderScanner,
  type MessageHead,
  parseRequestLine,
  parseStatusLine,
} from '../src/protocol/handshake/index.js';
import type { Random } from './random.js';
import { cuts, type FuzzTarget, invariant, wordsOf } from './target.js';

/** The handshake target. */
export const handshake: FuzzTarget = {
  name: 'handshake',
  fixedExecutions: 100_000,
  maxLength: 1_500,
  dictionary: wordsOf(
    '\r\n',
    '\r\n\r\n',
    '\n',
    ': ',
    ',',
    'GET / HTTP/1.1\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n',
    'Host: a\r\n',
    'Upgrade: websocket\r\n',
    'Connection: Upgrade\r\n',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    'Sec-WebSocket-Version: 13\r\n',
    'Sec-WebSocket-Protocol: chat, superchat\r\n',
    'Sec-WebSocket-Protocol: chat\r\n',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n',
    'Origin: null\r\n',
    '__proto__: 1\r\n',
    '\u0000',
    '\u00ff',
    '\t ',
  ),
  run: runHandshake,
};

/** The key of RFC 6455 §1.3. */
const key = 'dGhlIHNhbXBsZSBub25jZQ==';

function runHandshake(input: Buffer, random: Random): string {
  const isRequest = (input[0] & 1) === 0;
  const options = (input[0] & 2) === 0 ? {} : { maxBytes: 300, maxFields: 6 };
  let expected: string | undefined;
  for (const chunks of cuts(input.subarray(1), random)) {
    const told = judge(() => outcomeOf(scan(new HeaderScanner(options), chunks), isRequest));
    expected ??= told;
    invariant(told === expected, () => `cut changes the outcome: ${told}, not ${expected}`);
  }
  return (expected as string).slice(0, 60);
}

/** The first head in `chunks`, and how many bytes follow it. */
function scan(scanner: HeaderScanner, chunks: readonly Buffer[]): MessageHead | null {
  for (const [index, chunk] of chunks.entries()) {
    const head = scanner.push(chunk);
    if (head !== null) return { ...head, rest: Buffer.concat([head.rest, ...chunks.slice(index + 1)]) };
  }
  return null;
}

function outcomeOf(head: MessageHead | null, isRequest: boolean): string {
  if (head === null) return 'incomplete';
  const outcome = isRequest ? judgeRequest(head) : judgeResponse(head);
  return `${outcome}, then ${head.rest.toString('latin1')}`;
}

function judgeRequest({ startLine, fields }: MessageHead): string {
  const { method, target, version } = parseRequestLine(startLine);
  const checked = checkUpgradeRequest({ method, target, httpVersion: version, fields });
  const { subprotocols, extensions, origin, host } = checked;
  const [subprotocol] = subprotocols;
  const answer = createUpgradeResponse({ key: checked.key, subprotocol, extensions: extensions.slice(0, 1) });
  checkHead(answer);
  return `accepted ${[...subprotocols].join()} ${JSON.stringify(extensions)} ${origin} ${host}`;
}

function judgeResponse({ startLine, fields }: MessageHead): string {
  const { status } = parseStatusLine(startLine);
  const subprotocols = ['chat', 'superchat'];
  const { subprotocol, deflate } = checkUpgradeResponse({
    status,
    fields,
    key,
    subprotocols,
    offer: createOffer(),
  });
  invariant(subprotocols.includes(subprotocol), () => `accepted the subprotocol ${subprotocol}`);
  return `accepted ${subprotocol} ${JSON.stringify(deflate)}`;
}

/** What a peer sent must not have made lines of its own in our answer. */
function checkHead(head: string): void {
  const lines = head.split('\r\n');
  invariant(lines.length >= 6 && lines.length <= 8 && head.endsWith('\r\n\r\n'), () => `answered ${head}`);
  invariant(!/[\n\r]/.test(lines.join('')), () => `a line break in ${head}`);
}

function judge(action: () => string): string {
  try {
    return action();
  } catch (error) {
    invariant(error instanceof HandshakeError, () => `undocumented: ${String(error)}`);
    invariant(Object.hasOwn(errorCatalogue, error.code), () => `undocumented: ${error.code}`);
    invariant(createRefusal(error).startsWith('HTTP/1.1 '), () => 'the refusal is no HTTP response');
    return `${error.status} ${error.code} ${error.message}`;
  }
}
