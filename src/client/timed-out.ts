import { HandshakeError } from '../protocol/errors.js';

/** The error for an opening handshake that took too long: no status, since nothing usable was answered. */
export function timedOut(): HandshakeError {
  const { code, message } = HandshakeError.of('WS_ERR_HANDSHAKE_TIMEOUT');
  return new HandshakeError(0, { code, message });
}
