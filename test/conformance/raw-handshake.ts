/**
 * Opening handshakes written by hand, line by line, so that each line can be wrong; and their answers read.
 */
import { createHash } from 'node:crypto';

/** The key of RFC 6455 §1.3. */
export const exampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Header fields: `null` leaves one out, a list writes it several times. */
export type Fields = Readonly<Record<string, string | readonly string[] | null>>;

/** `Sec-WebSocket-Accept` by RFC 6455 §4.2.2. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** A request: a good one, apart from what is given. */
export function rawRequest(fields: Fields = {}, line = 'GET / HTTP/1.1'): string {
  const good: Fields = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': exampleKey,
    'Sec-WebSocket-Version': '13',
  };
  return rawHead(line, { ...good, ...fields });
}

/** A response to a request with `key`: a good one, apart from what is given. */
export function rawResponse(
  key: string,
  fields: Fields = {},
  line = 'HTTP/1.1 101 Switching Protocols',
): string {
  const good: Fields = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': acceptOf(key) };
  return rawHead(line, { ...good, ...fields });
}

function rawHead(line: string, fields: Fields): string {
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((each) => `${name}: ${each}`),
  );
  return `${[line, ...lines].join('\r\n')}\r\n\r\n`;
}

/** A head that was read. */
export interface ReadHead {
  /** Request line or status line. */
  line: string;
  /** By name in lower case; a repeated one is joined by `, `. */
  fields: Map<string, string>;
}

/** Reads a head. */
export function readHead(head: string): ReadHead {
  const [line, ...rest] = head.split('\r\n').slice(0, -2);
  const fields = new Map<string, string>();
  for (const each of rest) {
    const colon = each.indexOf(':');
    const name = each.slice(0, colon).toLowerCase();
    const before = fields.get(name);
    const value = each.slice(colon + 1).trim();
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { line, fields };
}
