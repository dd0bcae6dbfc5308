/** @fastify/websocket: routes for WebSockets in Fastify, on a `WebSocket.Server` with `noServer`. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { closed } from './endpoints.js';

/** An application with the routes of the tests. */
async function application() {
  const app = fastify();
  const errors: Error[] = [];
  onTestFinished(() => app.close());
  await app.register(websocket, {
    options: { maxPayload: 1_000 },
    errorHandler: (error, socket) => {
      errors.push(error);
      socket.terminate();
    },
  });
  await app.register(async (routes) => {
    routes.addHook('preValidation', async (request, reply) => {
      if (request.headers.authorization === 'none') await reply.code(401).send();
    });
    routes.get('/echo', { websocket: true }, (socket, request) => {
      socket.on('message', (data) => socket.send(`${request.ws} ${data}`));
    });
    routes.get('/throws', { websocket: true }, async () => {
      throw new Error('thrown');
    });
    routes.get('/plain', async () => 'plain');
  });
  return { app, errors };
}

describe('@fastify/websocket', () => {
  const serve = async () => {
    const { app, errors } = await application();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    return { app, errors, address: `127.0.0.1:${port}` };
  };

  it('gives a route its WebSockets and closes them with the application', async () => {
    const { app, address } = await serve();
    const socket = new WebSocket(`ws://${address}/echo`);
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('true hello');
    const end = closed(socket);
    await app.close();
    expect(await end).toEqual([1005, '']);
  });

  it('refuses by its hooks before the upgrade', async () => {
    const { address } = await serve();
    const socket = new WebSocket(`ws://${address}/echo`, { headers: { authorization: 'none' } });
    const [error] = await once(socket, 'error');
    expect(error.message).toBe('Unexpected server response: 401');
  });

  it('closes the WebSocket of a plain route', async () => {
    const { address } = await serve();
    expect(await closed(new WebSocket(`ws://${address}/plain`))).toEqual([1005, '']);
    expect(await (await fetch(`http://${address}/plain`)).text()).toBe('plain');
  });

  it('hands errors of handlers and of peers to its error handler', async () => {
    const { address, errors } = await serve();
    expect(await closed(new WebSocket(`ws://${address}/throws`))).toEqual([1006, '']);
    const socket = new WebSocket(`ws://${address}/echo`);
    await once(socket, 'open');
    socket.send('x'.repeat(1_001));
    expect((await closed(socket))[0]).toBe(1009);
    expect(errors).toMatchObject([{ message: 'thrown' }, { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' }]);
  });
});

describe('injectWS, which needs no network', () => {
  it('connects through streams and a request that no parser made', async () => {
    const { app } = await application();
    await app.ready();
    const socket = await app.injectWS('/echo');
    for (const text of ['hello', 'x'.repeat(900)]) {
      socket.send(text);
      expect(String((await once(socket, 'message'))[0])).toBe(`true ${text}`);
    }
    socket.close(1000, 'bye');
    expect(await once(socket, 'close')).toEqual([1000, Buffer.from('bye')]);
  });

  it('is refused by hooks', async () => {
    const { app } = await application();
    await app.ready();
    const refused = app.injectWS('/echo', { headers: { authorization: 'none' } });
    await expect(refused).rejects.toThrow('Unexpected server response: 401');
  });
});
