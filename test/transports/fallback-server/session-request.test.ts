import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/transports/fallback-server/refusal.js';
import { numberOf, readSessionRequest } from '../../../src/transports/fallback-server/session-request.js';
import { ID } from './http-requests.js';

const read = (url: string, headers: Record<string, unknown> = {}) =>
  readSessionRequest({ url, headers } as unknown as IncomingMessage);

describe('readSessionRequest', () => {
  it('reads what a client of ours says', () => {
    const { query, ...rest } = read(`/rpc?room=1&session=${ID}&after=7&protocols=a,b`, {
      accept: 'application/json',
      'hawser-key': 'secret',
    });
    expect(rest).toEqual({
      accepts: 'polling',
      id: ID,
      key: 'secret',
      after: 7,
      hasIds: false,
      protocols: new Set(['a', 'b']),
    });
    expect(query.get('room')).toBe('1');
  });

  it('reads what an EventSource says, first and later', () => {
    expect(read('/')).toMatchObject({
      accepts: 'sse',
      id: undefined,
      key: undefined,
      after: 0,
      hasIds: true,
    });
    expect(read('/', { 'last-event-id': '' })).toMatchObject({ id: undefined, key: undefined });
    const headers = { accept: 'text/event-stream', 'last-event-id': `${ID}.secret.12` };
    expect(read('/', headers)).toMatchObject({
      accepts: 'sse',
      id: ID,
      key: 'secret',
      after: 12,
      hasIds: true,
    });
  });

  it.each([
    [undefined, 'sse'],
    ['*/*', 'sse'],
    ['text/html, */*;q=0.1', 'neither'],
    ['image/avif,image/webp,*/*;q=0.8', 'neither'],
    ['text/event-stream', 'sse'],
    ['application/json, text/plain, */*', 'polling'],
    ['image/png', 'neither'],
    ['', 'neither'],
  ])('gives who accepts %j %s', (accept, accepts) => {
    expect(read('/', { accept }).accepts).toBe(accepts);
  });

  it('looks at twenty subprotocols and no more', () => {
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
    expect(read(`/?protocols=${names.join()}`).protocols).toEqual(new Set(names.slice(0, 20)));
  });

  const character = fc.constantFrom(...'aZ09-_.,=&?%#+ \0\r\né€😀'.split(/(?:)/u), '%00', '%zz', '%F0%9F');
  const junk = fc.oneof(fc.string({ unit: character, maxLength: 80 }), fc.string({ maxLength: 80 }));
  const id = fc.oneof(fc.constant(ID), junk);
  const number = fc.oneof(
    fc.nat().map(String),
    fc.constantFrom('-1', '1e3', '0x1', ' 1', '١', '1'.repeat(16)),
    junk,
  );

  it('gives what is in bounds or refuses with 400, whatever a request says', () => {
    const request = fc.record(
      {
        session: id,
        after: number,
        protocols: junk,
        last: fc.oneof(
          fc.tuple(id, junk, number).map((parts) => parts.join('.')),
          junk,
        ),
        key: junk,
        accept: junk,
        rest: junk,
      },
      { requiredKeys: [] },
    );
    let accepted = 0;
    fc.assert(
      fc.property(request, fc.boolean(), ({ last, key, accept, rest = '', ...query }, isRaw) => {
        const entries = Object.entries(query) as [string, string][];
        const text = isRaw
          ? entries.map(([name, value]) => `${name}=${value}`).join('&')
          : new URLSearchParams(entries).toString();
        const headers = { 'last-event-id': last, 'hawser-key': key, accept };
        let said: ReturnType<typeof read>;
        try {
          said = read(`/${rest}?${text}`, headers);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          expect(error).toMatchObject({ status: 400, code: 1002 });
          return;
        }
        accepted++;
        if (said.id !== undefined) expect(said.id).toMatch(/^[\w-]{16,64}$/);
        expect(said.after).toSatisfy((after: number) => Number.isSafeInteger(after) && after >= 0);
        expect(said.protocols.size).toBeLessThanOrEqual(20);
        expect(['sse', 'polling', 'neither']).toContain(said.accepts);
        expect(['string', 'undefined']).toContain(typeof said.key);
      }),
      { seed: 6455, numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('takes the digits 0 to 9 for a number, and nothing else', () => {
    fc.assert(
      fc.property(number, (text) => {
        const query = new URLSearchParams({ first: text });
        if (/^[0-9]{1,15}$/.test(text)) expect(numberOf(query, 'first')).toBe(Number(text));
        else expect(() => numberOf(query, 'first')).toThrow(Refusal);
      }),
      { seed: 6455, numRuns: 2000 },
    );
    expect(numberOf(new URLSearchParams(), 'after', 0)).toBe(0);
    expect(() => numberOf(new URLSearchParams(), 'first')).toThrow('"first" is no whole number');
  });
});
