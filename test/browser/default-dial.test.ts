import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/browser/connection.js';
import { defaultDial, provideWebSocket } from '../../src/browser/default-dial.js';
import { ManualClock } from '../../src/testing/index.js';
import { processErrors } from '../rpc/process-errors.js';
import { settled } from './test-network.js';

afterEach(() => {
  vi.unstubAllGlobals();
  provideWebSocket(undefined as never);
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
  it('takes the class of the platform, and one that was provided where there is none', () => {
    const [own, other] = [socketClass(), socketClass()];
    provideWebSocket(other.Socket as never);
    vi.stubGlobal('WebSocket', own.Socket);
    defaultDial(['a'])('ws://server/', listener);
    vi.stubGlobal('WebSocket', undefined);
    defaultDial()('ws://other/', listener);
    expect(own.made).toEqual([['ws://server/', ['a']]]);
    expect(other.made).toEqual([['ws://other/', []]]);
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
