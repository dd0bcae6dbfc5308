import type { Transport, TransportListener } from './transport.js';

/** What happens on a transport that is still to open. */
export interface DialListener extends TransportListener {
  /** It is open. Without it `close` follows. */
  open(): void;
}

/**
 * Begins to connect.
 * @param url where to
 * @param listener told of everything; nothing comes before `dial` has returned
 * @returns the transport, which is not open yet; `listen` has been done
 * @throws for an address that cannot be
 */
export type Dial = (url: string, listener: DialListener) => Transport;
