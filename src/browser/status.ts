/** What a client is doing. */
export interface ClientStatus {
  /**
   * `connecting`: an attempt is under way, authentication included; `open`: messages go both ways; `waiting`: for the
   * next attempt; `closed`: there will be none.
   */
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed';
  /** How messages travel, while it is open: `websocket`, `sse` or `polling`, or whatever `dial` says. */
  readonly transport?: string | undefined;
  /** Attempts since there was a connection last, the one that is under way included; 0 while there is one. */
  readonly attempt: number;
  /** When the next attempt is due, in milliseconds since the Unix epoch; only while waiting. */
  readonly retryAt?: number | undefined;
  /** Close code of the connection that ended last. */
  readonly code?: number | undefined;
  /** And its reason. */
  readonly reason?: string | undefined;
  /** Why there is no connection, where it is known: a token that could not be had, an address that cannot be. */
  readonly error?: unknown;
}
