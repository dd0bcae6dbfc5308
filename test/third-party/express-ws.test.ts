/** express-ws: routes for WebSockets in Express, on `WebSocket.Server`. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, type WebSocketServer } from 'ws';
import { closed, requireNatively } from './endpoints.js';

// Neither brings its types.
type Handler = (socket: WebSocket, request: { user?: string; params: Record<string, string> }) => void;
interface Application {
  use(...handlers: unknown[]): void;
  get(path: string, handler: (request: unknown, response: { send(text: string): void }) => void): void;
  ws(path: string, handler: Handler): void;
  listen(port: number, host: string): Server;
}
const express: { (): Application; Router(): Application } = requireNatively('express');
const expressWs: (app: Application, server: null, options: object) => { getWss(): WebSocketServer } =
  requireNatively('express-ws');

/** An application with the routes of the test, listening. */
async function serve() {
  const app = express();
  const { getWss } = expressWs(app, null, { wsOptions: { maxPayload: 1_000 } });
  app.use((request: { user?: string }, _response: unknown, next: () => void) => {
    request.user = 'ada';
    next();
  });
  app.get('/plain', (_request, response) => response.send('plain'));
  app.ws('/echo/:name', (socket, { user, params }) => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => socket.send(`${user} ${params.name} ${data}`));
  });
  const router = express.Router();
  router.ws('/inner', (socket) => socket.send('inner'));
  app.use('/outer', router);
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of getWss().clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server: getWss(), address: `127.0.0.1:${port}` };
}

it('gives each route its WebSockets, after the middleware', async () => {
  const { server, address } = await serve();
  const socket = new WebSocket(`ws://${address}/echo/one`);
  await once(socket, 'open');
  socket.send('hello');
  expect(String((await once(socket, 'message'))[0])).toBe('ada one hello');
  expect([...server.clients]).toHaveLength(1);
  const inner = new WebSocket(`ws://${address}/outer/inner`);
  expect(String((await once(inner, 'message'))[0])).toBe('inner');
});

it('closes what no route takes, and serves plain requests', async () => {
  const { address } = await serve();
  expect(await closed(new WebSocket(`ws://${address}/nowhere`))).toEqual([1005, '']);
  expect(await (await fetch(`http://${address}/plain`)).text()).toBe('plain');
});

it('hands options to the server', async () => {
  const { address } = await serve();
  const socket = new WebSocket(`ws://${address}/echo/one`);
  await once(socket, 'open');
  socket.send('x'.repeat(1_001));
  expect((await closed(socket))[0]).toBe(1009);
});
