/**
 * What programs on hawser are tested with: a clock that stands still, a connection in memory, a network that fails.
 * @module hawser/testing
 */

export {
  type ConnectionSelection,
  FaultProxy,
  type FaultProxyOptions,
  type LineSelection,
  type SliceOptions,
} from './fault-proxy.js';
export {
  type LinkedTransport,
  type LinkedTransports,
  type LinkedTransportsOptions,
  linkedTransports,
} from './linked-transports.js';
export { ManualClock } from './manual-clock.js';
export { mulberry32 } from './mulberry32.js';
