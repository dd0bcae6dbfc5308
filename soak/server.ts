/** The server of a soak, a process of its own: `server.ts log-file`. It says its port, and stops when it is told to. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'hawser';
import { FallbackServer } from 'hawser/fallback';
import { type CallOf, RpcError } from 'hawser/rpc';
import {
  type Begun,
  type Call,
  type IdempotencyStore,
  MemoryIdempotencyStore,
  type Outcome,
  type RpcConnection,
  rpcServer,
} from 'hawser/rpc/server';
import { rejection } from './classify.js';
import {
  type Answer,
  APPLICATION_ERROR,
  api,
  clientApi,
  type Item,
  type Range,
  type Task,
} from './contract.js';
import { Journal } from './journal.js';
import { isRefused, type Order, type Refused } from './refusals.js';

type Peer = typeof clientApi;

/** Milliseconds that handlers have to end when everybody has gone. */
const PATIENCE = 10_000;

const journal = new Journal(process.argv[2] as string, 'server');

/** A store that counts the calls that have begun and not finished. */
class CountedStore implements IdempotencyStore {
  readonly #store = new MemoryIdempotencyStore();
  running = 0;

  begin(key: string, fingerprint: string, firstSent: number | undefined): Begun {
    const begun = this.#store.begin(key, fingerprint, firstSent);
    if (begun.state === 'new') this.running++;
    return begun;
  }

  finish(key: string, outcome: Outcome): void {
    this.running--;
    this.#store.finish(key, outcome);
  }
}

async function carryOut({ id, work, fails, padding }: Task): Promise<Answer> {
  journal.write({ event: 'ran', id });
  if (work > 0) await sleep(work);
  if (fails) throw new RpcError(APPLICATION_ERROR, 'as it was told', { id });
  return { id, padding };
}

async function callBack(task: Task, { client }: Call<unknown, Peer>): Promise<Answer> {
  const answer = await carryOut(task);
  await confirm(client.confirm, { ...task, id: `${task.id}/reverse`, fails: false });
  return answer;
}

async function confirm(call: CallOf<Peer['confirm']>, task: Task): Promise<void> {
  const { id } = task;
  journal.write({ event: 'issued', id, kind: 'reverse' });
  try {
    const answer = await call(task, { timeout: 2000 });
    journal.write({ event: 'outcome', id, class: 'ok', answers: answer.id });
  } catch (error) {
    journal.write(rejection(id, error));
  }
}

async function* count({ id, from, to, pause }: Range, { signal }: Call): AsyncGenerator<Item> {
  journal.write({ event: 'ran', id });
  for (let number = from; number <= to && !signal.aborted; number++) {
    if (pause > 0) await sleep(pause);
    yield { id, number };
  }
}

const store = new CountedStore();
const connections: RpcConnection<unknown, Peer>[] = [];
const rpc = rpcServer<typeof api, unknown, Peer>(
  api,
  { plain: carryOut, query: carryOut, idempotent: carryOut, callBack, count },
  {
    calls: clientApi,
    idempotencyStore: store,
    onError: (error) => journal.write({ event: 'error', message: String(error) }),
  },
);
const sockets = new WebSocketServer({
  ...rpc.webSocketDefaults,
  noServer: true,
  heartbeat: { interval: 2000, timeout: 2000 },
});
const fallback = new FallbackServer({
  ...rpc.webSocketDefaults,
  resumeTimeout: 2000,
  pollTimeout: 5000,
  streamLifetime: 5000,
  onError: (error) => journal.write({ event: 'error', message: String(error) }),
});
fallback.on('connection', (socket, request) => connections.push(rpc.accept(socket, request)));

let refused: Refused = 'nothing';
let open = 0;
const server = createServer((request, response) => {
  if (isRefused(refused, request)) request.socket.destroy();
  else fallback.handle(request, response);
});
server.on('upgrade', (request, socket, head) => {
  if (isRefused(refused, request)) socket.destroy();
  else
    sockets.handleUpgrade(request, socket, head, (accepted) =>
      connections.push(rpc.accept(accepted, request)),
    );
});
server.on('connection', (socket) => {
  open++;
  socket.on('close', () => open--);
});

/** What is left, by name. */
function registries(): Record<string, number> {
  const pending = connections.reduce((sum, connection) => sum + connection.pending, 0);
  return {
    'rpc.connections': rpc.connections.size,
    'pending of all connections': pending,
    'running calls of the idempotency store': store.running,
    'clients of the WebSocketServer': sockets.clients.size,
    'clients of the FallbackServer': fallback.clients.size,
    'connections of the HTTP server': open,
  };
}

async function stop(): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (Object.values(registries()).some((size) => size > 0) && Date.now() < until) await sleep(20);
  for (const [name, size] of Object.entries(registries())) {
    journal.write({ event: 'registry', name: `server: ${name}`, size });
  }
  await journal.close();
  process.exit();
}

// Ctrl-C is for the other process, which stops this one.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(1));
process.on('message', (order: Order) => {
  refused = order.refused;
  if (order.isOver) void stop();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
