import { describe, expect, it } from 'vitest';
import {
  type ClosingEvent,
  type ClosingState,
  canReceive,
  canSend,
  closingTransitions,
  nextClosingState,
} from '../../src/protocol/closing-handshake.js';

const events: ClosingEvent[] = ['send-close', 'receive-close', 'fail', 'end'];

/** Every state with what each event makes of it, in the order of `events`. */
const table: [ClosingState, ClosingState, ClosingState, ClosingState, ClosingState][] = [
  ['active', 'closed-by-us', 'closed-by-peer', 'terminated', 'terminated'],
  ['closed-by-us', 'closed-by-us', 'acknowledged', 'terminated', 'terminated'],
  ['closed-by-peer', 'acknowledged', 'closed-by-peer', 'terminated', 'terminated'],
  ['acknowledged', 'acknowledged', 'acknowledged', 'acknowledged', 'terminated'],
  ['terminated', 'terminated', 'terminated', 'terminated', 'terminated'],
];

describe('nextClosingState', () => {
  for (const [state, ...results] of table) {
    events.forEach((event, index) => {
      it(`${state} + ${event} → ${results[index]}`, () => {
        expect(nextClosingState(state, event)).toBe(results[index]);
      });
    });
  }
});

describe('the table', () => {
  it('has exactly these states', () => {
    expect(Object.keys(closingTransitions)).toEqual(table.map(([state]) => state));
  });

  it('lists no transition that changes nothing', () => {
    for (const [state, transitions] of Object.entries(closingTransitions)) {
      expect(Object.values(transitions)).not.toContain(state);
    }
  });
});

describe('what a state allows', () => {
  const allowed: [ClosingState, boolean, boolean][] = [
    ['active', true, true],
    ['closed-by-us', false, true],
    ['closed-by-peer', true, false],
    ['acknowledged', false, false],
    ['terminated', false, false],
  ];
  it.each(allowed)('%s: send %s, receive %s', (state, send, receive) => {
    expect([canSend(state), canReceive(state)]).toEqual([send, receive]);
  });
});
