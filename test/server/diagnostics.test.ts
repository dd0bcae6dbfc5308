import diagnosticsChannel from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import { exchange, maskedFrame, RawClient } from './raw-client.js';
import { closeOf, connectPair, start } from './test-servers.js';

interface Published {
  readonly channel: string;
  readonly message: Record<string, unknown>;
}

function subscribe(...names: string[]): Published[] {
  const published: Published[] = [];
  for (const name of names) {
    const listener = (message: unknown) => {
      published.push({ channel: name, message: message as Record<string, unknown> });
    };
    diagnosticsChannel.subscribe(`hawser:${name}`, listener);
    onTestFinished(() => void diagnosticsChannel.unsubscribe(`hawser:${name}`, listener));
  }
  return published;
}

it('handshake tells the answer to each request', async () => {
  const published = subscribe('handshake');
  const started = await start({ path: '/chat', authenticate: async () => undefined });
  await exchange(started.port, { target: '/' });
  (await RawClient.open(started.port, { target: '/chat' })).socket.destroy();
  expect(published.map(({ message }) => message)).toEqual([
    {
      status: 404,
      error: expect.objectContaining({ code: 'WS_ERR_PATH_NOT_SERVED', status: 404 }),
      request: expect.objectContaining({ url: '/' }),
    },
    { status: 101, error: undefined, request: expect.objectContaining({ url: '/chat' }) },
  ]);
});

it('open and close come on both sides', async () => {
  const published = subscribe('open', 'close');
  const { client, socket } = await connectPair(await start());
  const closes = Promise.all([closeOf(client), closeOf(socket)]);
  client.close(4000, 'why');
  await closes;
  const of = (target: unknown) =>
    published.filter(({ message }) => message.socket === target).map(({ channel }) => channel);
  expect(of(client)).toEqual(['open', 'close']);
  expect(of(socket)).toEqual(['open', 'close']);
  const close = published.find(({ channel, message }) => channel === 'close' && message.socket === socket);
  expect(close?.message).toEqual({ socket, code: 4000, reason: 'why' });
});

it('error comes whether or not somebody listens for it', async () => {
  for (const listens of [true, false]) {
    const published = subscribe('error');
    const { server, port } = await start();
    server.on('connection', (socket) => listens && socket.on('error', () => undefined));
    const client = await RawClient.open(port);
    const [socket] = server.clients;
    const closed = closeOf(socket);
    client.socket.write(maskedFrame(0x83, 'reserved opcode'));
    await closed;
    expect(published).toEqual([
      {
        channel: 'error',
        message: { socket, error: expect.objectContaining({ code: 'WS_ERR_INVALID_OPCODE' }) },
      },
    ]);
    client.socket.destroy();
  }
});

it.each(['drop', 'close', 'send'] as const)('slow-consumer tells what was done: %s', async (action) => {
  const published = subscribe('slow-consumer', 'error');
  const { server, port } = await start({ maxBufferedAmount: 1000, slowConsumer: action });
  const client = await RawClient.open(port);
  client.socket.pause();
  const [socket] = server.clients;
  socket.send(Buffer.alloc(32 * 1024 * 1024));
  const { bufferedAmount } = socket;
  socket.send('one more');
  expect(published[0]).toEqual({ channel: 'slow-consumer', message: { socket, bufferedAmount, action } });
  const errors = published.slice(1).map(({ message }) => (message.error as { code: string }).code);
  expect(errors).toEqual(action === 'close' ? ['WS_ERR_SLOW_CONSUMER'] : []);
});

it('without a subscriber a check that is broken gives one warning', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error): number => warnings.push(warning);
  process.on('warning', listener);
  onTestFinished(() => void process.removeListener('warning', listener));
  const broken = async (): Promise<undefined> => {
    throw new TypeError('undefined is not a function');
  };
  const { port } = await start({ authenticate: broken });
  for (let attempt = 0; attempt < 2; attempt++) await exchange(port);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({ name: 'HawserWarning', code: 'HAWSER_CHECK_FAILED' });
  expect((warnings[0] as Error & { detail: string }).detail).toContain('undefined is not a function');
});
