/**
 * Servers that answer calls of `add`, each as a user of its library writes it: `node rpc.js PEER` prints its port.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocketServer } from 'hawser';
import { api, type Operands } from '../rpc-contract.js';

interface RpcWebSockets {
  readonly Server: new (options: {
    host: string;
    port: number;
  }) => {
    readonly wss: WebSocketServer;
    register(method: string, handler: (params: Operands) => number): void;
  };
}

interface SocketIo {
  readonly Server: new (
    http: ReturnType<typeof createServer>,
    options: { transports: readonly string[] },
  ) => { on(event: 'connection', use: (socket: SocketIoSocket) => void): void };
}

interface SocketIoSocket {
  on(event: string, handler: (params: Operands, answer: (sum: number) => void) => void): void;
}

/** What tells where it listens. */
interface Listener {
  address(): unknown;
}

const host = '127.0.0.1';
const add = ({ a, b }: Operands): number => a + b;

const starts: Readonly<Record<string, () => Promise<Listener>>> = {
  hawser: startHawser,
  'rpc-websockets': startRpcWebSockets,
  'socket.io': startSocketIo,
};

const start = starts[process.argv[2] ?? ''];
if (start === undefined) throw new Error('whose server?');
const { port } = (await start()).address() as AddressInfo;
process.stdout.write(`${JSON.stringify({ port })}\n`);

async function startHawser(): Promise<Listener> {
  const { WebSocketServer: Server } = await import('hawser');
  const { rpcServer } = await import('hawser/rpc/server');
  const rpc = rpcServer(api, { add });
  const target = new Server({ ...rpc.webSocketDefaults, host, port: 0 });
  target.on('connection', rpc.accept);
  await once(target, 'listening');
  return target;
}

async function startRpcWebSockets(): Promise<Listener> {
  const library = 'rpc-websockets';
  const { Server } = (await import(library)) as RpcWebSockets;
  const rpc = new Server({ host, port: 0 });
  rpc.register('add', add);
  await once(rpc.wss, 'listening');
  return rpc.wss;
}

async function startSocketIo(): Promise<Listener> {
  const library = 'socket.io';
  const { Server } = (await import(library)) as SocketIo;
  const http = createServer();
  new Server(http, { transports: ['websocket'] }).on('connection', (socket) => {
    socket.on('add', (params, answer) => answer(add(params)));
  });
  await once(http.listen(0, host), 'listening');
  return http;
}
