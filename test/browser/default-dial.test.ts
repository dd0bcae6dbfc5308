import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/browser/connection.js';
import { defaultDial, provideDial } from '../../src/browser/default-dial.js';
import { ManualClock } from '../../src/testing/index.js';
import { processErrors } from '../rpc/process-errors.js';
import { settled } from './test-network.js';

afterEach(() => {
  vi.unstubAllGlobals();
  provideDial(undefined as never);
});

const listener = {
  open: () => undefined,
  message: () => undefined,
  drain: () => undefined,
  close: () => undefined,
};

/** A class whose sockets are noted. */
function socketClass() {
  const made: unknown[][] = [];
  class Socket {
    constructor(...parameters: unknown[]) {
      made.push(parameters);
    }
  }
  return { made, Socket };
}

describe('defaultDial', () => {
  it('takes the class of the platform, and what was provided where there is none', () => {
    const own = socketClass();
    const dial = vi.fn();
    const makeDial = vi.fn(() => dial);
    provideDial(makeDial);
    vi.stubGlobal('WebSocket', own.Socket);
    defaultDial(['a'])('ws://server/', listener);
    vi.stubGlobal('WebSocket', undefined);
    defaultDial(['b'])('ws://other/', listener);
    expect(own.made).toEqual([['ws://server/', ['a']]]);
    expect(makeDial.mock.calls).toEqual([[['b']]]);
    expect(dial.mock.calls).toEqual([['ws://other/', listener]]);
  });

  it('says what to do where there is neither: at a connection as the error of its status', async () => {
    vi.stubGlobal('WebSocket', undefined);
    expect(() => defaultDial()).toThrow('set the option "dial"');
    const errors = await processErrors(async () => {
      const options = { watchdog: false, clock: new ManualClock() } as const;
      const connection = new Connection('ws://server/', listener, options);
      await settled();
      expect(connection.status).toMatchObject({ state: 'waiting', error: expect.any(TypeError) });
      connection.close();
    });
    expect(errors).toEqual([]);
  });
});
