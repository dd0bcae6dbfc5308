/**
 * The client of hawser's RPC on Node.js: with hawser's own WebSocket where there is no global one.
 * @module hawser/client
 */

import { provideDial } from './browser/default-dial.js';
import { nodeDial } from './transports/websocket-node/dial.js';

export * from './browser/index.js';

provideDial(nodeDial);
