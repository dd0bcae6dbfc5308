/**
 * The closing handshake (RFC 6455 §7.1) as a table: state × event → state. The diagram in the documents is
 * drawn from it. States are finer than `readyState`, which is derived.
 */

/** Where a connection stands in its closing handshake. */
export type ClosingState =
  /** Nobody has closed. */
  | 'active'
  /** Our close frame is out, the peer's is awaited (§7.1.3). */
  | 'closed-by-us'
  /** The peer's close frame is in, ours is due (§5.5.1). */
  | 'closed-by-peer'
  /** Both close frames have been exchanged; the TCP connection may end (§7.1.1). */
  | 'acknowledged'
  /** Failed (§7.1.7) or cut off: nothing is read or written any more. */
  | 'terminated';

/** What moves the closing handshake on. */
export type ClosingEvent = 'send-close' | 'receive-close' | 'fail' | 'end';

/** The transitions; an event that a state does not list leaves the state as it is. */
export const closingTransitions: Readonly<
  Record<ClosingState, Readonly<Partial<Record<ClosingEvent, ClosingState>>>>
> = {
  active: {
    'send-close': 'closed-by-us',
    'receive-close': 'closed-by-peer',
    fail: 'terminated',
    end: 'terminated',
  },
  'closed-by-us': { 'receive-close': 'acknowledged', fail: 'terminated', end: 'terminated' },
  'closed-by-peer': { 'send-close': 'acknowledged', fail: 'terminated', end: 'terminated' },
  acknowledged: { end: 'terminated' },
  terminated: {},
};

/** The state after `event`. */
export function nextClosingState(state: ClosingState, event: ClosingEvent): ClosingState {
  return closingTransitions[state][event] ?? state;
}

/** Data and pings may be sent: no close frame of ours is out; the peer's may be in while we finish (§5.5.1). */
export function canSend(state: ClosingState): boolean {
  return state === 'active' || state === 'closed-by-peer';
}

/** Frames are still decoded: the peer has not closed (§5.5.1). */
export function canReceive(state: ClosingState): boolean {
  return state === 'active' || state === 'closed-by-us';
}
