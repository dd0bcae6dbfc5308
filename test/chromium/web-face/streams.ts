/** Programs about WebSocketStream. */

import { type Loose, outcome, type Program, type Sides, settled, task, words } from './program.js';

type Stream = InstanceType<Sides['WebSocketStream']>;

/** A stream that is open, with a reader and a writer. */
async function open({ WebSocketStream, url }: Sides, id: string, more = '') {
  const stream = new WebSocketStream(url('echo', id) + more);
  const { readable, writable } = await stream.opened;
  return { stream, readable, writable, reader: readable.getReader(), writer: writable.getWriter() };
}

const opening: Program = async (sides) => {
  const { WebSocketStream, url, log } = sides;
  const stream = new WebSocketStream(url('echo', 'opening'), { protocols: ['chat', 'more'] });
  log(
    Object.prototype.toString.call(stream),
    Object.keys(stream).length,
    new Set([stream.opened, stream.opened]).size,
  );
  log(stream.url === url('echo', 'opening'), words(stream.opened), words(stream.closed));
  const info = await stream.opened;
  log(Object.keys(info).sort().join(' '), words(info.protocol), words(info.extensions));
  log(words(info.readable), words(info.writable), info.readable.locked, info.writable.locked);
  log(info.writable.getWriter().desiredSize);
  stream.close();
  log(await settled(stream.closed));
};

const refusedArguments: Program = async ({ WebSocketStream, WebSocketError, url, log }) => {
  const made = (...given: unknown[]) =>
    outcome(() => {
      const stream = new (WebSocketStream as unknown as Loose<Stream>)(...given);
      stream.close();
      return stream.url;
    });
  const address = url('hold');
  log(made(), made('ftp://127.0.0.1/'), made(`${address}#`), made(address.replace('ws:', 'http:')));
  log(made(address, null), made(address, undefined), made(address, {}), made(address, 5), made(address, 'x'));
  for (const protocols of [undefined, null, 'chat', [], ['a', 'a'], [''], ['a b'], 5, {}]) {
    log(words(protocols), made(address, { protocols }));
  }
  for (const signal of [undefined, null, {}, 5, new EventTarget()])
    log(words(signal), made(address, { signal }));
  const LooseError = WebSocketError as unknown as Loose<DOMException>;
  const infos = [
    undefined,
    null,
    {},
    { closeCode: 1000 },
    { closeCode: 3000, reason: 'x' },
    { reason: 'without a code' },
    { reason: '' },
    { closeCode: 1001 },
    { closeCode: 5000 },
    { closeCode: null },
    { closeCode: -1 },
    { closeCode: 65_536 },
    { closeCode: 3000.9 },
    { closeCode: '4000' },
    { reason: 'x'.repeat(124) },
    { closeCode: 1001, reason: 'x'.repeat(124) },
    5,
    'x',
  ];
  for (const info of infos)
    log(
      words(info),
      outcome(() => new LooseError('message', info)),
    );
  const error = new LooseError('message') as DOMException & Record<string, unknown>;
  log(error instanceof DOMException, error instanceof Error, error.message, String(error));
  log(
    outcome(() => new LooseError()),
    words(new LooseError().message),
    Object.prototype.toString.call(error),
  );
  const stream = new WebSocketStream(address);
  for (const info of infos.filter((one) => words(one).includes('1001') || words(one).includes('124'))) {
    log(outcome(() => stream.close(info as object)));
  }
  for (const info of [5, 'x']) log(outcome(() => stream.close(info as never)));
  for (const closeCode of [-1, 70_000])
    log(
      'close',
      closeCode,
      outcome(() => stream.close({ closeCode })),
    );
  stream.close(null as never);
  log(await settled(stream.opened), await settled(stream.closed));
};

const closing: Program = async (sides) => {
  const { log } = sides;
  const infos = [
    undefined,
    {},
    { closeCode: 1000 },
    { closeCode: 4000, reason: 'h\u00e9llo' },
    { reason: 'no code' },
  ];
  for (const [index, info] of infos.entries()) {
    const { stream, reader, writer } = await open(sides, `close ${index}`);
    stream.close(info);
    stream.close({ closeCode: 3000 });
    log(await settled(stream.closed), await settled(reader.read()), await settled(reader.closed));
    log(
      await settled(writer.closed),
      await settled(writer.write('late')),
      await settled(stream.opened.then(() => 'opened')),
    );
    stream.close();
  }
};

const byServer: Program = async (sides) => {
  const { log } = sides;
  for (const how of ['!close', '!close 1000', '!close 4001 why', '!close 1011 broken', '!terminate']) {
    const { stream, reader, writer } = await open(sides, `by server ${how}`);
    await writer.write(how);
    const closed = await settled(stream.closed);
    log(
      how,
      closed,
      await settled(reader.read()),
      await settled(writer.write('late')),
      await settled(writer.closed),
    );
  }
};

const failing: Program = async (sides) => {
  const { WebSocketStream, url, log } = sides;
  const scripts: Record<string, object> = {
    'status 404': { status: '404 Not Found' },
    'bad frame': { frames: 'c100' },
    'reserved code': { frames: '880203ed' },
    end: { ending: 'end' },
    'end in the middle of a frame': { frames: '810561', ending: 'end' },
  };
  for (const [name, script] of Object.entries(scripts)) {
    const stream = new WebSocketStream(
      `${url('raw', name)}&script=${encodeURIComponent(JSON.stringify(script))}`,
    );
    const opened = await settled(stream.opened.then(({ readable }) => readable.getReader().read()));
    log(name, opened, await settled(stream.closed));
  }
};

const signals: Program = async (sides) => {
  const { WebSocketStream, url, log } = sides;
  const before = new WebSocketStream(url('hold', 'before'), { signal: AbortSignal.abort() });
  log(await settled(before.opened), await settled(before.closed));
  const why = new WebSocketStream(url('hold', 'why'), { signal: AbortSignal.abort('why') });
  log('why:', await settled(why.opened), await settled(why.closed));
  log(
    'URL:',
    outcome(() => new WebSocketStream('x:', { signal: AbortSignal.abort() })),
  );

  const controller = new AbortController();
  const during = new WebSocketStream(url('hold', 'during'), { signal: controller.signal });
  await task();
  controller.abort(new RangeError('enough'));
  log('during:', await settled(during.opened), await settled(during.closed));

  const late = new AbortController();
  const open = new WebSocketStream(url('echo', 'late'), { signal: late.signal });
  const { readable, writable } = await open.opened;
  late.abort();
  const writer = writable.getWriter();
  await writer.write('still open');
  log(await settled(readable.getReader().read()));
  open.close({ closeCode: 3000 });
  log(await settled(open.closed));

  const timedOut = new WebSocketStream(url('hold', 'timeout'), { signal: AbortSignal.timeout(20) });
  log('timeout:', await settled(timedOut.opened));
};

const early: Program = async ({ WebSocketStream, url, log }) => {
  const stream = new WebSocketStream(url('hold', 'early'));
  stream.close({ closeCode: 3000, reason: 'not told' });
  log(await settled(stream.opened), await settled(stream.closed));
};

const writing: Program = async (sides) => {
  const { log } = sides;
  const { stream, reader, writer } = await open(sides, 'writing');
  const memory = new Uint8Array([1, 2, 3, 4]);
  const chunks = {
    empty: '',
    text: 'text \ud800',
    whole: memory,
    part: memory.subarray(1, 3),
    buffer: memory.buffer,
    view: new DataView(memory.buffer, 3),
    number: 5,
    null: null,
    object: {},
  };
  for (const [name, chunk] of Object.entries(chunks)) {
    await writer.write(chunk as string);
    const { value, done } = await reader.read();
    log(name, words(value), done);
  }
  log(await settled(writer.write(undefined as never)), words((await reader.read()).value));
  log('Blob', await settled(writer.write(new Blob(['x']) as never)), words((await reader.read()).value));
  log('symbol', await settled(writer.write(Symbol('x') as never)));
  log(await settled(writer.write('behind it')), await settled(writer.closed));
  stream.close();
  log(await settled(stream.closed));
};

const streamEnds: Program = async (sides) => {
  const { WebSocketError, log } = sides;
  const reasons: Record<string, unknown> = {
    nothing: undefined,
    'a WebSocketError': new WebSocketError('x', { closeCode: 3456, reason: 'pizza' }),
    'one without a code': new WebSocketError('x'),
    'one with a reason': new WebSocketError('x', { reason: 'only' }),
    'a TypeError': new TypeError('x'),
    'an object that looks like one': { name: 'WebSocketError', closeCode: 3000, reason: 'x' },
  };
  for (const [name, reason] of Object.entries(reasons)) {
    const cancelled = await open(sides, `cancel with ${name}`);
    log(
      `cancel with ${name}`,
      await settled(cancelled.reader.cancel(reason)),
      await settled(cancelled.stream.closed),
    );
    log(await settled(cancelled.reader.closed), await settled(cancelled.writer.closed));
    const aborted = await open(sides, `abort with ${name}`);
    log(
      `abort with ${name}`,
      await settled(aborted.writer.abort(reason)),
      await settled(aborted.stream.closed),
    );
    log(
      await settled(aborted.reader.read()),
      await settled(aborted.writer.closed.catch((error) => words(error))),
    );
  }
  const ended = await open(sides, 'close of the writer');
  await ended.writer.write('first');
  log(
    await settled(ended.writer.close()),
    await settled(ended.stream.closed),
    await settled(ended.writer.closed),
  );
  const both = await open(sides, 'close of both');
  const closing = both.writer.close();
  both.stream.close({ closeCode: 3000 });
  log(await settled(closing), await settled(both.stream.closed));
};

const receiving: Program = async (sides) => {
  const { log } = sides;
  const { stream, reader, writer } = await open(sides, 'receiving');
  await writer.write('!burst one two three');
  for (let count = 0; count < 3; count++) log(words((await reader.read()).value));
  await writer.write('!burst four five');
  await writer.write('!close 1000 done');
  log(await settled(reader.read()), await settled(reader.read()), await settled(reader.read()));
  log(await settled(stream.closed));
};

const backpressure: Program = async (sides) => {
  const { log } = sides;
  const { stream, reader, writer } = await open(sides, 'backpressure', '&quiet');
  const chunk = new Uint8Array(1024 * 1024);
  await writer.write('!pause');
  const count = 24;
  let written = 0;
  const writes: Promise<void>[] = [];
  for (let index = 0; index < count; index++) writes.push(writer.write(chunk).then(() => void written++));
  log('desired size', writer.desiredSize);
  await task();
  // A write ends when there is space: not all can have ended while nobody reads.
  log('all written at once', written === count);
  const waiting = await Promise.race([writer.ready.then(() => 'ready'), task().then(() => 'not ready')]);
  log(waiting);
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += ((await reader.read()).value as Uint8Array).byteLength;
  await Promise.all(writes);
  log(bytes, written);
  stream.close();
  await stream.closed;
};

export const streams: Readonly<Record<string, Program>> = {
  'WebSocketStream opens': opening,
  'arguments of WebSocketStream and WebSocketError': refusedArguments,
  'WebSocketStream closes': closing,
  'WebSocketStream closed by the server': byServer,
  'WebSocketStream fails': failing,
  'WebSocketStream and signals': signals,
  'WebSocketStream closed early': early,
  'WebSocketStream: what can be written': writing,
  'WebSocketStream: cancel, abort and close of the streams': streamEnds,
  'WebSocketStream: what is received': receiving,
  'WebSocketStream: backpressure': backpressure,
};
