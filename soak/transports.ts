/** How clients of a soak connect, and what their status tells of that. */
import type { ClientStatus, ConnectionOptions } from 'hawser/client';
import { pollingDial } from 'hawser/client/polling';
import { sseDial } from 'hawser/client/sse';
import type { BadGateway } from './bad-gateway.js';
import type { Journal } from './journal.js';

/** The choices of `--transport`. With `all` clients go from one to the next where it does not get through. */
export const transports = ['websocket', 'sse', 'polling', 'all'] as const;

/** One of them. */
export type TransportChoice = (typeof transports)[number];

type Dialing = Pick<ConnectionOptions, 'dial' | 'fallbacks' | 'connectTimeout' | 'watchdog'>;

/** Requests that are repeated take their time. */
const patient = { connectTimeout: 2000, watchdog: { interval: 1000, timeout: 1500 } };

/** Options of a client. */
export function dialing(choice: TransportChoice, { fetch }: BadGateway): Dialing {
  switch (choice) {
    case 'websocket':
      return { connectTimeout: 2000, watchdog: { interval: 300, timeout: 300 } };
    case 'sse':
      return { dial: sseDial({ fetch }), ...patient };
    case 'polling':
      return { dial: pollingDial({ fetch }), ...patient };
    default:
      return { fallbacks: [sseDial({ fetch }), pollingDial({ fetch })], ...patient, connectTimeout: 6000 };
  }
}

/** Writes down what becomes of a client's transports: told of each status. */
export function transportLog(journal: Journal): (status: ClientStatus) => void {
  let isOpen = false;
  let last: string | undefined;
  const note = (change: string): void => journal.write({ event: 'transport', change });
  return ({ state, transport = 'none', code, reason }) => {
    if (isOpen && state === 'waiting') note(`lost (${code} ${reason})`);
    if (!isOpen && state === 'open') {
      note(transport);
      if (last !== undefined && last !== transport) note('switched');
      last = transport;
    }
    isOpen = state === 'open';
  };
}
