import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCredit, isErrorObject, type Message, parseMessage } from '../../../src/rpc/wire/message.js';
import { request, text } from '../random-messages.js';

const limits = { maxDepth: 8, maxBatch: 10, plainCalls: true };
const parse = (message: unknown, plainCalls = true) =>
  parseMessage(typeof message === 'string' ? message : JSON.stringify(message), { ...limits, plainCalls });
const invalid = (message: string, more: object = {}) => ({
  kind: 'invalid',
  id: null,
  role: 'request',
  error: expect.objectContaining({ code: -32600, message: expect.stringContaining(message) }),
  ...more,
});
const version = { jsonrpc: '2.0' };

describe('parseMessage', () => {
  it('reads requests and notifications', () => {
    const meta = { timeout: 5, credit: 1, age: 0, idempotencyKey: 'k'.repeat(16) };
    expect(parse({ ...version, method: 'a', params: [1], id: 'x', meta })).toEqual({
      kind: 'request',
      method: 'a',
      params: [1],
      id: 'x',
      meta,
    });
    expect(parse({ ...version, method: 'a' })).toEqual({
      kind: 'request',
      method: 'a',
      params: undefined,
      id: undefined,
      meta: {},
    });
  });

  it('reads responses', () => {
    const error = { code: 1, message: 'no' };
    expect(parse({ ...version, id: 1, result: null })).toEqual({
      kind: 'response',
      id: 1,
      result: null,
      error: undefined,
    });
    expect(parse({ ...version, id: null, error })).toEqual({
      kind: 'response',
      id: null,
      result: undefined,
      error,
    });
  });

  it('reads calls that were typed by hand, where they are taken, and not in a batch', () => {
    expect(parse({ method: 'a' })).toEqual({ kind: 'plain', method: 'a', args: [] });
    expect(parse({ method: 'a', args: [1] })).toEqual({ kind: 'plain', method: 'a', args: [1] });
    expect(parse({ method: 'a', args: {} })).toEqual(invalid('Send {"method"'));
    expect(parse({ method: 'a' }, false)).toEqual(invalid('"jsonrpc" is "2.0"'));
    expect(parse([{ method: 'a' }])).toEqual([invalid('"jsonrpc" is "2.0"')]);
  });

  it('reads batches within their bounds', () => {
    const note = { ...version, method: 'a' };
    expect(parse([note, 1, note])).toMatchObject([
      { kind: 'request' },
      invalid('object'),
      { kind: 'request' },
    ]);
    expect(parse([])).toEqual(invalid('empty'));
    expect(parse(Array(10).fill(note))).toHaveLength(10);
    expect(parse(Array(11).fill(note))).toEqual(invalid('At most 10'));
  });

  it('says whom a message concerns that it refuses, where that can be known', () => {
    const deep = JSON.parse(`${'['.repeat(9)}${']'.repeat(9)}`);
    expect(parse({ ...version, id: 7, method: 1 })).toEqual(invalid('"method"', { id: 7 }));
    expect(parse({ ...version, id: 7, method: 'a', params: deep })).toEqual(invalid('deeply', { id: 7 }));
    expect(parse({ ...version, id: 7, result: deep })).toEqual(
      invalid('deeply', { id: 7, role: 'response' }),
    );
    expect(parse({ ...version, id: 7, result: 1, error: null })).toEqual(
      invalid('A request has', { id: 7, role: 'response' }),
    );
    expect(parse({ ...version, id: 7, error: { code: 'E', message: 'x' } })).toEqual(
      invalid('"error"', { id: 7, role: 'response' }),
    );
    expect(parse({ ...version, id: {}, method: 'a' })).toEqual(invalid('"id"'));
    expect(parse('{')).toMatchObject({ kind: 'invalid', id: null, error: { code: -32700 } });
  });

  it.each([2 ** 53, -(2 ** 53), 1e300])('refuses the id %d, which it could not repeat', (id) => {
    expect(parse({ ...version, method: 'a', id })).toEqual(invalid('"id"'));
  });

  it.each([
    [5],
    [[]],
    [{ timeout: -1 }],
    [{ timeout: '1' }],
    [{ age: -1 }],
    [{ credit: 0 }],
    [{ credit: 1.5 }],
    [{ idempotencyKey: 'k'.repeat(15) }],
    [{ idempotencyKey: 'k'.repeat(129) }],
  ])('refuses the meta %j', (meta) => {
    expect(parse({ ...version, method: 'a', id: 1, meta })).toEqual(invalid('"meta', { id: 1 }));
  });

  it('never throws, and finds one of four kinds in anything', () => {
    const kinds = new Set<string>();
    const classified = fc.property(text, fc.boolean(), (message, plainCalls) => {
      const found = parse(message, plainCalls);
      if (Array.isArray(found)) expect(found.length).toBeGreaterThan(0);
      for (const one of [found].flat() as Message[]) {
        expect(['request', 'response', 'invalid', 'plain']).toContain(one.kind);
        kinds.add(one.kind);
      }
    });
    fc.assert(classified, { seed: 6455, numRuns: 3000 });
    expect(kinds.size).toBe(4);
  });

  it('keeps what a valid request says', () => {
    const kept = fc.property(request, (message) => {
      const found = parse(message) as Message;
      if (found.kind !== 'request') return;
      expect(JSON.stringify({ ...message, ...found, kind: undefined })).toBe(
        JSON.stringify({ ...message, meta: message.meta ?? {} }),
      );
    });
    fc.assert(kept, { seed: 6455, numRuns: 1000 });
  });
});

it('isCredit', () => {
  expect([1, 2 ** 53 - 1, 0, -1, 0.5, 2 ** 53, '1', null].map(isCredit)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

it('isErrorObject', () => {
  expect(isErrorObject({ code: 1, message: '' })).toBe(true);
  for (const value of [null, [], {}, { code: 1 }, { code: 1.5, message: '' }, { code: 1, message: 2 }]) {
    expect(isErrorObject(value)).toBe(false);
  }
});
