/**
 * The client of hawser's RPC on Node.js: with the WebSocket of `hawser/web` where there is no global one.
 * @module hawser/client
 */

import { provideWebSocket } from './browser/default-dial.js';
import { WebSocket } from './web/index.js';

export * from './browser/index.js';

provideWebSocket(WebSocket as never);
