/**
 * The status codes of a closing handshake (RFC 6455 §7.4 and the IANA registry "WebSocket Close Code
 * Number"). A leaf: it imports nothing, so that every layer may use it.
 */

/** Registered close codes by name. */
export const CloseCode = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** Never on the wire: the close frame had no code (§7.4.1). */
  NO_STATUS_RECEIVED: 1005,
  /** Never on the wire: no close frame came (§7.4.1). */
  ABNORMAL_CLOSURE: 1006,
  INVALID_PAYLOAD_DATA: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
  /** Never on the wire: the TLS handshake failed (§7.4.1). */
  TLS_HANDSHAKE: 1015,
} as const;

/** Code ranges that may stand in a close frame, inclusive (RFC 6455 §7.4.2; 1012–1014 from the registry). */
const onTheWire: readonly (readonly [first: number, last: number])[] = [
  [1000, 1003],
  [1007, 1014],
  [3000, 4999],
];

/** Whether `code` may be sent in a close frame; 1004, 1005, 1006, 1015 and undefined ranges may not. */
export function isValidCloseCode(code: number): boolean {
  return Number.isInteger(code) && onTheWire.some(([first, last]) => code >= first && code <= last);
}
