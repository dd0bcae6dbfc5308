/**
 * The opening handshake without sockets: header scanner, request and response checks, negotiation of
 * subprotocols and of permessage-deflate. Only re-exports.
 *
 * @module
 */

export { acceptKey, GUID, isValidKey } from './accept-key.js';
export {
  type ExtensionOffer,
  type ExtensionParameter,
  MAX_EXTENSION_OFFERS,
  MAX_EXTENSION_PARAMETERS,
  parseExtensions,
  serializeExtensions,
} from './extensions.js';
export { includesToken, isFieldValue, isToken, parseTokenList } from './grammar.js';
export { HeaderScanner, type HeaderScannerOptions, type MessageHead } from './header-scanner.js';
export { HeaderFields, type HeadersToSend, serializeHead } from './headers.js';
export {
  type AcceptedOffer,
  acceptOffer,
  checkPreferences,
  checkResponse,
  createOffer,
  PER_MESSAGE_DEFLATE,
  type PerMessageDeflateParameters,
  type PerMessageDeflatePreferences,
} from './permessage-deflate.js';
export {
  type CheckedUpgrade,
  checkUpgradeRequest,
  createRefusal,
  createUpgradeResponse,
  type UpgradeRequest,
  type UpgradeResponse,
} from './request.js';
export {
  type CheckedUpgradeResponse,
  checkUpgradeResponse,
  createUpgradeRequest,
  type ReceivedUpgradeResponse,
  type UpgradeRequestToSend,
} from './response.js';
export { parseRequestLine, parseStatusLine, type RequestLine, type StatusLine } from './start-line.js';
export { statusText } from './status-texts.js';
export { parseSubprotocols } from './subprotocol.js';
