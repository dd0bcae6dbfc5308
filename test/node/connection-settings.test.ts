import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/node/clock.js';
import { connectionSettings } from '../../src/node/connection-settings.js';
import { randomMaskingKey } from '../../src/node/masking-keys.js';

describe('defaults', () => {
  it.each(['server', 'client'] as const)('are those of the documents at a %s', (role) => {
    expect(connectionSettings(role, {})).toMatchObject({
      maxPayload: 100 * 1024 * 1024,
      closeTimeout: 30_000,
      highWaterMark: 65_536,
      maxBufferedAmount: Number.POSITIVE_INFINITY,
      slowConsumer: 'close',
      allowSynchronousEvents: true,
      clock: systemClock,
      traffic: { messagesReceived: 0, messagesSent: 0 },
      plain: { role, nextMaskingKey: randomMaskingKey },
      deflated: { role, perMessageDeflate: true },
    });
  });

  it('hold for undefined too, and 0 is a value', () => {
    expect(connectionSettings('server', { maxPayload: undefined }).maxPayload).toBe(104_857_600);
    expect(connectionSettings('server', { maxPayload: 0 }).plain.maxPayload).toBe(0);
    expect(connectionSettings('server', { maxBufferedAmount: 0 }).maxBufferedAmount).toBe(0);
    expect(connectionSettings('server', { highWaterMark: 0 }).highWaterMark).toBe(0);
  });
});

it('the engine gets the same with and without permessage-deflate', () => {
  const { plain, deflated } = connectionSettings('server', {
    maxPayload: 1,
    maxFragments: 2,
    autoPong: false,
  });
  expect(plain).toMatchObject({ maxPayload: 1, maxFragments: 2, autoPong: false });
  expect(deflated).toEqual({ ...plain, perMessageDeflate: true });
});

it('connections of one process share spare memory', () => {
  const [one, two] = [connectionSettings('server', {}), connectionSettings('client', {})];
  expect(one.plain.pool).toBe(two.plain.pool);
});

it('generateMask gets the four bytes to fill', () => {
  const { nextMaskingKey } = connectionSettings('client', { generateMask: (mask) => mask.fill(7) }).plain;
  const target = Buffer.alloc(8);
  nextMaskingKey?.(target, 2);
  expect(target).toEqual(Buffer.from([0, 0, 7, 7, 7, 7, 0, 0]));
});
