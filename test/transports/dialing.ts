/** The ways to the server. */

import type { Dial } from '../../src/transport/dial.js';
import { pollingDial } from '../../src/transports/polling/client.js';
import { sseDial } from '../../src/transports/sse/client.js';

/** How messages travel. */
export type Transport = 'websocket' | 'sse' | 'polling';

/** All of them. */
export const transports: readonly Transport[] = ['websocket', 'sse', 'polling'];

/** What a client is told in order to use one transport, or whichever gets through. */
export function dialing(transport: Transport | 'whichever'): { dial?: Dial; fallbacks?: readonly Dial[] } {
  if (transport === 'sse') return { dial: sseDial() };
  if (transport === 'polling') return { dial: pollingDial() };
  return transport === 'websocket' ? {} : { fallbacks: [sseDial(), pollingDial()] };
}
