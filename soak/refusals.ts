/** Requests that the server of a soak drops when it is told to, as a network does that does not know their kind. */
import type { IncomingMessage } from 'node:http';

/** What is dropped: opening handshakes of WebSockets, event streams, or everything but WebSockets. */
export type Refused = 'nothing' | 'upgrades' | 'events' | 'requests';

/** What the server is told. */
export interface Order {
  readonly refused: Refused;
  /** It has to end. */
  readonly isOver?: boolean;
}

/** Whether a request is to be dropped. */
export function isRefused(refused: Refused, { headers }: IncomingMessage): boolean {
  const isUpgrade = headers.upgrade !== undefined;
  if (refused === 'events') return headers.accept === 'text/event-stream' && !isUpgrade;
  return refused === (isUpgrade ? 'upgrades' : 'requests');
}
