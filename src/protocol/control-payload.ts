import { UsageRangeError } from './errors.js';

/** Control frames carry at most this many bytes (RFC 6455 §5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` for more bytes than a control frame takes */
export function assertControlLength(length: number): void {
  if (length <= MAX_CONTROL_PAYLOAD) return;
  const message = 'The data size must not be greater than 125 bytes';
  throw new UsageRangeError('WS_ERR_CONTROL_DATA_TOO_LONG', message);
}
