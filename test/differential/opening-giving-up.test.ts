/** `close` and `terminate` before a connection is open, from everywhere; errors that nobody listens for. */
import { differential, type Program } from './differential.js';
import type { WebSocket } from './implementations.js';
import { construct, follow, peer, response, switching, told } from './opening-peers.js';
import type { Trace } from './trace.js';

type GiveUp = (client: WebSocket) => void;

const ways: readonly (readonly [name: string, giveUp: GiveUp])[] = [
  ['close()', (client) => client.close()],
  ['close(1000, reason)', (client) => client.close(1000, 'bye')],
  ['close(4000)', (client) => client.close(4000)],
  ['terminate()', (client) => client.terminate()],
];

function each(name: string, run: (giveUp: GiveUp) => Program['run']): Program[] {
  return ways.map(([way, giveUp]) => ({ name: `${way} ${name}`, run: run(giveUp) }));
}

/** Calls it and tells the state before and after. */
function tellState(trace: Trace, client: WebSocket, giveUp: GiveUp): void {
  const before = client.readyState;
  giveUp(client);
  trace('state', before, client.readyState);
}

differential('giving up', [
  ...each('right after the constructor', (giveUp) => async (implementation, trace) => {
    const server = await peer(() => undefined);
    const client = construct(implementation, server.url);
    const closed = follow(client, trace);
    tellState(trace, client, giveUp);
    trace('synchronous', false);
    await closed;
    await server.stop();
  }),
  ...each('while the server thinks', (giveUp) => async (implementation, trace) => {
    let client: WebSocket | undefined;
    const server = await peer(() => {
      tellState(trace, client as WebSocket, giveUp);
      return undefined;
    });
    client = construct(implementation, server.url);
    await follow(client, trace);
    await server.gone(1);
    await server.stop();
  }),
  ...each('within upgrade', (giveUp) => async (implementation, trace) => {
    const server = await peer((request) => switching(request));
    const client = construct(implementation, server.url);
    await follow(client, trace, { upgrade: () => tellState(trace, client, giveUp) });
    await server.gone(1);
    await server.stop();
  }),
  ...each('within open', (giveUp) => async (implementation, trace) => {
    const server = await peer((request) => {
      request.socket.on('data', (bytes) => trace('frame', bytes.readUInt8(0), bytes.length));
      request.socket.on('end', () => request.socket.end());
      return switching(request);
    });
    const client = construct(implementation, server.url, { closeTimeout: 100 });
    await follow(client, trace, { open: () => tellState(trace, client, giveUp) });
    await server.stop();
  }),
  ...each('within error', (giveUp) => async (implementation, trace) => {
    const server = await peer(() => response('401 Unauthorized'));
    const client = construct(implementation, server.url);
    await follow(client, trace, { error: () => tellState(trace, client, giveUp) });
    await server.stop();
  }),
  ...each('within close', (giveUp) => async (implementation, trace) => {
    const server = await peer(() => response('401 Unauthorized'));
    const client = construct(implementation, server.url);
    client.on('close', () => tellState(trace, client, giveUp));
    await follow(client, trace);
    await server.stop();
  }),
  ...each('within the error of giving up', (giveUp) => async (implementation, trace) => {
    const server = await peer(() => undefined);
    const client = construct(implementation, server.url);
    const closed = follow(client, trace, { error: () => tellState(trace, client, giveUp) });
    client.close();
    await closed;
    await server.stop();
  }),
  ...each('twice', (giveUp) => async (implementation, trace) => {
    const server = await peer(() => undefined);
    const client = construct(implementation, server.url);
    const closed = follow(client, trace);
    tellState(trace, client, giveUp);
    tellState(trace, client, giveUp);
    await closed;
    await server.stop();
  }),
  {
    name: 'close() with a code that may not be',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, server.url);
      const closed = follow(client, trace);
      try {
        client.close(1);
        trace('closed');
      } catch (error) {
        trace('throws', told(error));
        client.terminate();
      }
      await closed;
      await server.stop();
    },
  },
  {
    name: 'the order of a microtask, nextTick and setImmediate',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, server.url);
      const closed = follow(client, trace);
      process.nextTick(() => trace('nextTick before'));
      client.terminate();
      process.nextTick(() => trace('nextTick'));
      setImmediate(() => trace('setImmediate'));
      trace('here');
      await closed;
      await new Promise(setImmediate);
      await server.stop();
    },
  },
  {
    name: 'send and ping after giving up',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, server.url);
      const closed = follow(client, trace);
      client.terminate();
      client.send('x', (error) => trace('send', (error as Error).message));
      client.ping('x', true, (error) => trace('ping', error.message));
      client.send('y');
      trace('buffered', client.bufferedAmount);
      await closed;
      await server.stop();
    },
  },
  {
    name: 'with wasClean and reason in onclose',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, server.url);
      client.onerror = ({ message }) => trace('onerror', message);
      const closed = new Promise<void>((resolve) => {
        client.onclose = ({ code, reason, wasClean }) => {
          trace('onclose', code, reason, wasClean);
          resolve();
        };
      });
      client.close(4000, 'bye');
      await closed;
      await server.stop();
    },
  },
  {
    name: 'the URL stays',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, `${server.url}a`, ['chat']);
      const closed = follow(client, trace);
      client.terminate();
      await closed;
      trace(
        'properties',
        client.url,
        client.protocol,
        client.extensions,
        client.bufferedAmount,
        client.isPaused,
      );
      await server.stop();
    },
  },
]);

/** What is thrown where nobody catches it, while `run` runs. */
async function uncaught(trace: Trace, run: (thrown: Promise<void>) => Promise<void>): Promise<void> {
  const thrown = new Promise<void>((resolve) => {
    process.setUncaughtExceptionCaptureCallback((error) => {
      trace('uncaught', told(error));
      resolve();
    });
  });
  try {
    await run(thrown);
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
}

function unheard(
  name: string,
  more: { giveUp?: GiveUp; answer?: string; differs?: Program['differs'] },
): Program {
  return {
    name,
    run: (_, trace) =>
      uncaught(trace, async (thrown) => {
        const server = await peer((request) => more.answer ?? switching(request));
        const client = construct(_, server.url);
        client.on('close', (code) => trace('close', code, client.readyState));
        more.giveUp?.(client);
        await thrown;
        await new Promise(setImmediate);
        await server.gone(1);
        await new Promise(setImmediate);
        trace('state', client.readyState);
        await server.stop();
      }),
    ...(more.differs && { differs: more.differs }),
  };
}

const unheardError = (message: string): Program['differs'] => ({
  because: 'unheard-errors',
  ws: [`uncaught Error(${message})`, 'state 2'],
  hawser: ['close 1006 3', `uncaught Error(${message})`, 'state 3'],
});

differential('errors that nobody listens for', [
  unheard('of a refusal', {
    answer: response('401 Unauthorized'),
    differs: unheardError('Unexpected server response: 401'),
  }),
  unheard('of giving up', {
    giveUp: (client) => client.on('upgrade', () => client.terminate()),
    differs: unheardError('WebSocket was closed before the connection was established'),
  }),
  {
    name: 'that a listener of open throws',
    run: (implementation, trace) =>
      uncaught(trace, async (thrown) => {
        const server = await peer((request) => {
          setImmediate(() => request.socket.write(Buffer.from([0x81, 0x01, 0x61])));
          return switching(request);
        });
        const client = construct(implementation, server.url);
        client.on('open', () => {
          throw new Error('mine');
        });
        const message = new Promise<void>((resolve) => {
          client.on('message', (data) => {
            trace('message', data, client.readyState);
            resolve();
          });
        });
        await thrown;
        await message;
        const closed = new Promise((resolve) => client.on('close', resolve));
        client.terminate();
        await closed;
        await server.stop();
      }),
  },
  {
    name: 'that a listener of unexpected-response throws',
    run: (implementation, trace) =>
      uncaught(trace, async (thrown) => {
        const server = await peer(() => response('401 Unauthorized'));
        const client = construct(implementation, server.url);
        client.on('unexpected-response', () => {
          throw new Error('mine');
        });
        const closed = follow(client, trace);
        await thrown;
        trace('state', client.readyState);
        client.terminate();
        await closed;
        await server.stop();
      }),
  },
  unheard('that a listener throws', {
    giveUp: (client) =>
      client.on('upgrade', () => {
        client.on('error', () => {});
        setImmediate(() => client.terminate());
        throw new Error('mine');
      }),
  }),
]);
