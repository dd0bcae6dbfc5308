import { describe, expect, it } from 'vitest';
import { Checker } from '../../soak/checker.js';
import type { CallKind, OutcomeClass, SoakEvent } from '../../soak/journal.js';

const kinds = ['plain', 'query', 'idempotent', 'callBack', 'reverse'] as const;

const issued = (id: string, kind: CallKind, length = 0): SoakEvent => ({ event: 'issued', id, kind, length });
const ran = (id: string): SoakEvent => ({ event: 'ran', id });
const item = (id: string, number: number, of = id): SoakEvent => ({ event: 'item', id, of, number });
const ended = (id: string, outcome: OutcomeClass, more: object = {}): SoakEvent => ({
  event: 'outcome',
  id,
  class: outcome,
  ...more,
});
const registry = (size: number): SoakEvent => ({ event: 'registry', name: 'client c0: pending', size });

/** A log in which everything went as it was promised. */
function cleanLog(): SoakEvent[] {
  return [
    ...kinds.flatMap((kind) => [issued(kind, kind), ran(kind), ended(kind, 'ok', { answers: kind })]),
    issued('asked twice', 'query'),
    ran('asked twice'),
    ran('asked twice'),
    ended('asked twice', 'ok', { answers: 'asked twice' }),
    issued('failed', 'plain'),
    ran('failed'),
    ended('failed', 'remote', { code: 1000, answers: 'failed' }),
    issued('late', 'plain'),
    ended('late', 'remote', { code: -32_004 }),
    issued('unsent', 'idempotent'),
    ended('unsent', 'not-sent'),
    issued('unsent in time', 'plain'),
    ended('unsent in time', 'timeout-not-sent'),
    issued('lost', 'plain'),
    ended('lost', 'unknown'),
    issued('stream', 'stream', 3),
    ran('stream'),
    item('stream', 1),
    ran('stream'),
    item('stream', 2),
    item('stream', 3),
    ended('stream', 'ok'),
    issued('left', 'stream', 3),
    ran('left'),
    item('left', 1),
    ended('left', 'aborted'),
    { event: 'fault', fault: 'cut', connections: 2 },
    { event: 'transport', change: 'sse' },
    { event: 'transport', change: 'switched' },
    { event: 'transport', change: 'sse' },
    registry(0),
    { event: 'finished', side: 'clients' },
    { event: 'finished', side: 'server' },
  ];
}

function verdictOf(log: readonly SoakEvent[]) {
  const checker = new Checker();
  for (const event of log) checker.add(event);
  return checker.verdict();
}

/** The clean log with a bug in it. */
function planted(bug: (log: SoakEvent[]) => void): readonly string[] {
  const log = cleanLog();
  bug(log);
  return verdictOf(log).violations;
}

/** Where an event stands in a log. */
function at(log: readonly SoakEvent[], event: SoakEvent): number {
  const index = log.findIndex((other) => JSON.stringify(other) === JSON.stringify(event));
  expect(index).toBeGreaterThanOrEqual(0);
  return index;
}

describe('the checker of a soak', () => {
  it('lets a clean log pass, and counts', () => {
    expect(verdictOf(cleanLog())).toEqual({
      violations: [],
      calls: { plain: 5, query: 2, idempotent: 2, callBack: 1, reverse: 1, stream: 2 },
      outcomes: {
        ok: 7,
        remote: 2,
        'not-sent': 1,
        'timeout-not-sent': 1,
        unknown: 1,
        aborted: 1,
      },
      faults: { cut: 2 },
      items: 4,
      transports: { sse: 2, switched: 1 },
    });
  });

  const bugs: Record<string, [bug: (log: SoakEvent[]) => void, violation: string]> = {
    'a dropped outcome': [
      (log) => log.splice(at(log, ended('lost', 'unknown')), 1),
      'plain lost: has no outcome',
    ],
    'a duplicated outcome': [
      (log) => log.push(ended('lost', 'ok', { answers: 'lost' }), ran('lost')),
      'plain lost: two outcomes, unknown and ok',
    ],
    'a call that was issued twice': [(log) => log.push(issued('lost', 'plain')), 'plain lost: issued twice'],
    'an outcome without a call': [(log) => log.push(ended('nobody', 'unknown')), 'nobody: was never issued'],
    'a run without a call': [(log) => log.push(ran('nobody')), 'nobody: was never issued'],
    'a cross-delivered answer': [
      (log) =>
        log.splice(
          at(log, ended('plain', 'ok', { answers: 'plain' })),
          1,
          ended('plain', 'ok', { answers: 'query' }),
        ),
      'plain plain: got the answer of query',
    ],
    'a cross-delivered error': [
      (log) => log.push(issued('x', 'plain'), ended('x', 'remote', { code: 1000, answers: 'failed' })),
      'plain x: got the answer of failed',
    ],
    'an error that nobody asked for': [
      (log) =>
        log.push(issued('x', 'plain'), ended('x', 'remote', { code: -32_603, message: 'Internal error' })),
      'plain x: the error -32603, Internal error',
    ],
    'an unknown kind of error': [
      (log) => log.push(issued('x', 'plain'), ended('x', 'other', { message: 'TypeError: what' })),
      'plain x: TypeError: what',
    ],
    'a plain call that ran twice': [(log) => log.push(ran('plain')), 'plain plain: ran 2 times'],
    'an idempotent call that ran twice': [
      (log) => log.push(ran('idempotent')),
      'idempotent idempotent: ran 2 times',
    ],
    'a call to a client that ran twice': [(log) => log.push(ran('reverse')), 'reverse reverse: ran 2 times'],
    'an unsent call that ran': [
      (log) => log.push(ran('unsent')),
      'idempotent unsent: ran, and its outcome is not-sent',
    ],
    'a call that was unsent in time and ran': [
      (log) => log.push(ran('unsent in time')),
      'plain unsent in time: ran, and its outcome is timeout-not-sent',
    ],
    'an answer without a run': [
      (log) => log.splice(at(log, ran('idempotent')), 1),
      'idempotent idempotent: is ok and never ran',
    ],
    'a duplicated item': [
      (log) => log.splice(at(log, item('stream', 2)), 0, item('stream', 1)),
      'stream stream: item 1 came where 2 was due',
    ],
    'a gap': [
      (log) => log.splice(at(log, item('stream', 2)), 1),
      'stream stream: item 3 came where 2 was due',
    ],
    'an item of another stream': [
      (log) => log.splice(at(log, item('stream', 2)), 1, item('stream', 2, 'left')),
      'stream stream: got an item of left',
    ],
    'a stream that ended early': [
      (log) => log.splice(at(log, item('stream', 3)), 1),
      'stream stream: ended behind 2 of 3 items',
    ],
    'an item behind the end': [(log) => log.push(item('left', 2)), 'stream left: item 2 behind its end'],
    'a registry that is not empty': [(log) => log.push(registry(2)), 'client c0: pending: 2 left'],
    'an error of a handler': [
      (log) => log.push({ event: 'error', message: 'TypeError: what' }),
      'an error that nobody expects: TypeError: what',
    ],
    'a log without an end': [(log) => log.pop(), 'the log of the server has no end'],
  };

  it.each(Object.entries(bugs))('finds %s', (_name, [bug, violation]) => {
    expect(planted(bug)).toEqual([violation]);
  });

  it('finds items in another order', () => {
    const violations = planted((log) => {
      const index = at(log, item('stream', 2));
      log.splice(index, 2, item('stream', 3), item('stream', 2));
    });
    expect(violations).toEqual([
      'stream stream: item 3 came where 2 was due',
      'stream stream: item 2 came where 4 was due',
      'stream stream: ended behind 2 of 3 items',
    ]);
  });
});
