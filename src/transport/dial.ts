import type { Transport, TransportListener } from './transport.js';

/** What happens on a transport that is still to open. */
export interface DialListener extends TransportListener {
  /** It is open. Without it `close` follows. */
  open(): void;
  /**
   * As that of a TransportListener.
   * @param error why, where that is known
   */
  close(code: number, reason: string, error?: unknown): void;
}

/**
 * Begins to connect.
 * @param url where to
 * @param listener told of everything; nothing comes before `dial` has returned
 * @param protocols subprotocols that the client offers, in its order of preference
 * @returns the transport, which is not open yet; `listen` has been done
 * @throws for an address that cannot be
 */
export type Dial = (url: string, listener: DialListener, protocols?: readonly string[]) => Transport;
