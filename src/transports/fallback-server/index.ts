/**
 * The server's half of the fallback transports: Server-Sent Events or long polling down, POST up.
 * @module hawser/fallback
 */

export type { DrainOptions, DrainResult } from '../../server/drain.js';
export type { CorsOptions } from './cors.js';
export type { FallbackServerOptions } from './fallback-options.js';
export { FallbackServer, type FallbackServerEvents } from './fallback-server.js';
export { FallbackSocket, type FallbackSocketEvents } from './fallback-socket.js';
