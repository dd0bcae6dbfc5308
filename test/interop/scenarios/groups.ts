/** All groups of scenarios: the columns of the matrix. */
import { backpressure } from './backpressure.js';
import { closing } from './closing.js';
import { compression } from './compression.js';
import { fragments } from './fragments.js';
import { messages } from './messages.js';
import { pings } from './pings.js';
import { limits, refusals } from './refusals.js';
import type { Group } from './scenario.js';
import { subprotocols } from './subprotocols.js';

export const groups: readonly Group[] = [
  messages,
  fragments,
  pings,
  subprotocols,
  compression,
  closing,
  backpressure,
  refusals,
  limits,
];
