import type { ClientRequest } from 'node:http';
import { systemClock } from '../node/clock.js';
import { connectionSettings } from '../node/connection-settings.js';
import { Heartbeat } from '../node/heartbeat.js';
import { deflateAgreement } from '../node/per-message-deflate-options.js';
import { checkSubprotocols, parseAddress } from './address.js';
import type { ClientOptions } from './client-options.js';
import { OpeningHandshake, type OpeningResult } from './opening-handshake.js';
import type { WebSocket } from './websocket.js';

/**
 * Starts the opening handshake of a client: its events become those of the WebSocket, its result makes it open.
 * @throws UsageSyntaxError for an invalid URL or subprotocol
 */
export function startOpening(
  websocket: WebSocket,
  address: string | URL,
  protocols: string | string[] | undefined,
  options: ClientOptions,
): OpeningHandshake {
  const { finishRequest } = options;
  const url = parseAddress(address);
  const subprotocols = checkSubprotocols(protocols ?? options.protocols);
  return new OpeningHandshake(url, subprotocols, options, {
    ...(finishRequest && { finishRequest: (request: ClientRequest) => finishRequest(request, websocket) }),
    upgrade: (response) => websocket.emit('upgrade', response),
    redirect: (target, request) => websocket.emit('redirect', target, request),
    unexpectedResponse: (request, response) => websocket.emit('unexpected-response', request, response),
    opened: (result) => adoptResult(websocket, result, options),
    failed: (error) => websocket._openingFailed(error),
  });
}

function adoptResult(websocket: WebSocket, result: OpeningResult, options: ClientOptions): void {
  const { heartbeat, perMessageDeflate, clock = systemClock } = options;
  const { deflate, socket, head, subprotocol } = result;
  const settings = connectionSettings('client', options);
  const preferences = typeof perMessageDeflate === 'object' ? perMessageDeflate : {};
  const agreement = deflate && deflateAgreement('client', deflate, preferences, settings.maxPayload);
  const pulse = heartbeat ? new Heartbeat(heartbeat, clock) : null;
  websocket._adopt({ socket, head, settings, agreement, heartbeat: pulse, subprotocol });
}
