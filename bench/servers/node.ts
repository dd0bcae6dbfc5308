/**
 * The server of ws and of hawser: what a user writes with their common API. `node node.js ws|hawser
 * '<scenario>'` prints its port and answers the commands on its standard input.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import type { ServerOptions, WebSocket, WebSocketServer } from 'hawser';
import { certificate } from '../certificate.js';
import type { RpcScenario, Scenario, SlowConsumersScenario } from '../scenarios.js';

const [, , library = '', text = ''] = process.argv;
const scenario = JSON.parse(text) as Exclude<Scenario, RpcScenario>;
const { WebSocketServer: Server } = (await import(library)) as typeof import('hawser');
const delay = monitorEventLoopDelay({ resolution: 1 });

const roles: Record<Exclude<Scenario['kind'], 'rpc'>, (server: WebSocketServer) => void> = {
  echo,
  broadcast,
  idle: () => {},
  handshake: () => {},
  client: () => {},
  stream: echoStreams,
  slow: broadcast,
  'event-loop': exercise,
};

const tls = scenario.kind === 'echo' && scenario.tls === true ? createServer(certificate()) : undefined;
const server = new Server({ ...options(), ...(tls ? { server: tls } : { host: '0.0.0.0', port: 0 }) });
roles[scenario.kind](server);
tls?.listen(0, '0.0.0.0');
(tls ?? server).once('listening', () => print({ port: ((tls ?? server).address() as AddressInfo).port }));
createInterface(process.stdin).on('line', (line) => obey(JSON.parse(line)));

function options(): ServerOptions {
  const { TEXT_TYPE, NO_CONTEXT_TAKEOVER } = process.env;
  const noTakeover = { serverNoContextTakeover: true, clientNoContextTakeover: true };
  const deflates = (scenario.kind === 'echo' && scenario.deflate) || scenario.kind === 'event-loop';
  return {
    ...(TEXT_TYPE === 'string' ? { textType: 'string' } : {}),
    ...(deflates ? { perMessageDeflate: NO_CONTEXT_TAKEOVER ? noTakeover : true } : {}),
    ...(scenario.kind === 'slow'
      ? { maxBufferedAmount: scenario.maxBufferedAmount, slowConsumer: 'drop' }
      : {}),
  };
}

function echo(target: WebSocketServer): void {
  target.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

/** A message of a client makes the server send `messagesPerTick` messages to all. */
function broadcast(target: WebSocketServer): void {
  const { size, messagesPerTick = 1 } = scenario as { size: number; messagesPerTick?: number };
  const message = 'x'.repeat(size);
  const toAll = 'broadcast' in target ? () => target.broadcast(message) : () => sendToAll(target, message);
  target.on('connection', (socket) => {
    socket.on('message', () => {
      for (let count = 0; count < messagesPerTick; count++) toAll();
    });
  });
}

function sendToAll({ clients }: WebSocketServer, message: string): void {
  for (const client of clients) if (client.readyState === client.OPEN) client.send(message);
}

function echoStreams(target: WebSocketServer): void {
  target.on('connection', async (socket) => {
    for await (const message of socket.messageStreams()) {
      let bytes = 0;
      for await (const chunk of message) bytes += chunk.length;
      socket.send(String(bytes));
    }
  });
}

/** Compresses a large message for every one that comes, or only takes bombs. */
function exercise(target: WebSocketServer): void {
  const { size, what } = scenario as { size: number; what: string };
  const document = Buffer.alloc(
    size,
    JSON.stringify({ id: 1, name: 'Ada', tags: ['a', 'b'], text: 'hello' }),
  );
  for (let at = 0; at < size; at += 7) document[at] = (at * 2654435761) & 0x7f;
  target.on('connection', (socket: WebSocket) => {
    socket.on('message', () => socket.send(what === 'compress' ? document : 'ok'));
  });
}

/**
 * What waits for those who do not read, how many of them have as much waiting as they may, or more, and the messages
 * that were dropped for it; ws drops none.
 */
function backlog({ clients }: WebSocketServer): object {
  const { size, maxBufferedAmount } = scenario as SlowConsumersScenario;
  const sockets = [...clients];
  return {
    buffered: sockets.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0),
    limited: sockets.filter(({ bufferedAmount }) => bufferedAmount > maxBufferedAmount - 2 * size).length,
    ...(library === 'hawser'
      ? { dropped: sockets.reduce((sum, socket) => sum + socket.droppedMessages, 0) }
      : {}),
  };
}

function obey(command: string): void {
  if (command === 'memory') {
    for (let count = 0; count < 4; count++) globalThis.gc?.();
    setTimeout(() => print(process.memoryUsage()), 200);
  } else if (command === 'watch delay') {
    delay.reset();
    delay.enable();
    print({});
  } else if (command === 'backlog') {
    print(backlog(server));
  } else if (command === 'delay') {
    delay.disable();
    print({ p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 });
  }
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
