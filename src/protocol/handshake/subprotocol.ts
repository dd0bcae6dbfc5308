/**
 * The subprotocols that a client offers in `Sec-WebSocket-Protocol` (RFC 6455 §4.1 item 10). It may not know
 * which of them a server speaks.
 */

import { HandshakeError } from '../errors.js';
import { parseTokenList } from './grammar.js';

/**
 * Parses a `Sec-WebSocket-Protocol` of a request, several fields of it already combined: one or more distinct
 * tokens, in the client's order of preference. Subprotocols are case-sensitive.
 *
 * @throws HandshakeError `WS_ERR_INVALID_PROTOCOL_HEADER` (400) if there is none, one is no token, or one
 * comes twice
 */
export function parseSubprotocols(value: string): Set<string> {
  const tokens = parseTokenList(value);
  const subprotocols = new Set(tokens);
  if (tokens === null || subprotocols.size === 0 || subprotocols.size !== tokens.length) {
    throw HandshakeError.of('WS_ERR_INVALID_PROTOCOL_HEADER');
  }
  return subprotocols;
}
