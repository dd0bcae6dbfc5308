/** Programs about the end of a WebSocket: how scripts close it, how a server does, and how it fails. */

import { follow, next, outcome, type Program, type Sides, task, words } from './program.js';

type Closing = (...given: unknown[]) => void;

const text = (value: string): string => {
  const bytes = new TextEncoder().encode(value);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** A frame of a server with a short payload, in hexadecimal. */
function frame(head: number, payload = ''): string {
  return [head, payload.length / 2].map((byte) => byte.toString(16).padStart(2, '0')).join('') + payload;
}

function closeFrame(code: number, reason = ''): string {
  return frame(0x88, code.toString(16).padStart(4, '0') + text(reason));
}

const refusedArguments: Program = async ({ WebSocket, url, log }) => {
  const socket = new WebSocket(url('echo', 'arguments'));
  await next(socket, 'open');
  const close = (...given: unknown[]) => (socket.close as Closing).call(socket, ...given);
  const codes = [
    0, 1, 999, 1001, 1002, 1004, 1005, 1006, 1011, 1015, 1999, 2999, 5000, 65_535, 65_536, -1, 70_000,
  ];
  for (const code of codes)
    log(
      code,
      outcome(() => close(code)),
    );
  for (const code of [
    Number.NaN,
    null,
    '',
    'x',
    'Infinity',
    2999.4,
    true,
    [],
    {},
    Symbol('x'),
    BigInt(1000),
  ]) {
    log(
      words(code),
      outcome(() => close(code)),
    );
  }
  log(
    outcome(() => close(1000, 'x'.repeat(124))),
    outcome(() => close(3000, '\u00fc'.repeat(62))),
  );
  log(
    outcome(() => close(1000, '\u{1f600}'.repeat(31))),
    outcome(() => close(1000, '\ud800'.repeat(42))),
  );
  log(
    'both wrong',
    outcome(() => close(1001, 'x'.repeat(124))),
    outcome(() => close(1000, Symbol('x'))),
  );
  log('still open', socket.readyState);
  const closed = next(socket, 'close');
  close();
  for (const code of [1001, 1000])
    log(
      'while closing',
      outcome(() => close(code)),
    );
  await closed;
  for (const code of [1001, 1000])
    log(
      'when closed',
      outcome(() => close(code)),
    );
};

const acceptedArguments: Program = async (sides) => {
  const given: unknown[][] = [
    [],
    [undefined],
    [undefined, undefined],
    [1000],
    [1000, undefined],
    [1000, ''],
    [1000, null],
    [3000, 'h\u00e9llo'],
    [4999, 'x'.repeat(123)],
    ['3000', 5],
    [3000.5],
    [4999.4],
    [{ valueOf: () => 4000 }, { toString: () => 'an object' }],
    [3000, 'lone \ud800'],
    [1000, '\u00fc'.repeat(61)],
  ];
  for (const [index, one] of given.entries()) {
    const socket = new sides.WebSocket(sides.url('echo', `close ${String(index).padStart(2, '0')}`));
    await next(socket, 'open');
    const closed = follow(sides, socket, `${index} `);
    (socket.close as Closing).call(socket, ...one);
    sides.log(socket.readyState);
    await closed;
  }
};

const betweenIntegers: Program = async (sides) => {
  for (const code of [2999.5, 3001.5, 4999.5]) {
    const socket = new sides.WebSocket(sides.url('echo', `close ${code}`));
    await next(socket, 'open');
    const closed = next(socket, 'close');
    sides.log(
      code,
      outcome(() => socket.close(code)),
    );
    socket.close(3000);
    await closed;
  }
};

const reasonAlone: Program = async (sides) => {
  const socket = new sides.WebSocket(sides.url('echo', 'reason alone'));
  await next(socket, 'open');
  const closed = next(socket, 'close');
  sides.log(
    'too long',
    outcome(() => socket.close(undefined, 'x'.repeat(124))),
  );
  sides.log(
    'short',
    outcome(() => socket.close(undefined, 'why')),
  );
  socket.close();
  await closed;
};

const inEveryState: Program = async (sides) => {
  const { WebSocket, url, log } = sides;
  const early = new WebSocket(url('hold', 'early'));
  const failed = follow(sides, early, 'early ');
  early.close(3000, 'not told');
  log(early.readyState);
  await failed;
  early.close();
  log(early.readyState);

  const late = new WebSocket(url('hold', 'late'));
  const ended = follow(sides, late, 'late ');
  await task();
  late.close();
  await ended;

  const inOpen = new WebSocket(url('echo', 'in open'));
  inOpen.addEventListener('open', () => inOpen.close(3001));
  await follow(sides, inOpen, 'in open ');

  const inMessage = new WebSocket(url('echo', 'in message'));
  inMessage.addEventListener('open', () => inMessage.send('!burst one two'));
  inMessage.addEventListener(
    'message',
    () => {
      inMessage.send('sent');
      inMessage.close(3002);
      inMessage.send('not sent');
    },
    { once: true },
  );
  await follow(sides, inMessage, 'in message ');

  const inClose = new WebSocket(url('echo', 'in close'));
  inClose.addEventListener('open', () => inClose.close());
  inClose.addEventListener('close', () =>
    log(
      outcome(() => inClose.close(1000)),
      outcome(() => inClose.send('x')),
    ),
  );
  await follow(sides, inClose, 'in close ');
};

const byServer: Program = async (sides) => {
  for (const how of ['!close', '!close 1000', '!close 1001 going', '!close 4000 h\u00e9llo', '!terminate']) {
    const socket = new sides.WebSocket(sides.url('echo', `by server ${how}`));
    socket.addEventListener('open', () => socket.send(how));
    await follow(sides, socket, `${how}: `);
  }
};

/** Runs a script of the raw server. */
async function raw(sides: Sides, name: string, script: object, protocols: string[] = []): Promise<void> {
  const address = `${sides.url('raw', name)}&script=${encodeURIComponent(JSON.stringify(script))}`;
  const socket = new sides.WebSocket(address, protocols);
  socket.binaryType = 'arraybuffer';
  await follow(sides, socket, `${name}: `);
  sides.log(words(socket.protocol), words(socket.extensions));
}

const receivedCodes: Program = async (sides) => {
  const codes = [
    0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
  ];
  for (const code of [...codes, 1015, 1016, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65_535]) {
    await raw(sides, `code ${code}`, { frames: closeFrame(code, 'why') });
  }
  await raw(sides, 'no code', { frames: frame(0x88) });
  await raw(sides, 'half a code', { frames: frame(0x88, '03') });
  await raw(sides, 'reason that is no UTF-8', { frames: frame(0x88, '03e8ff') });
  await raw(sides, 'message behind the close frame', {
    frames: closeFrame(1000) + frame(0x81, text('late')),
  });
};

const brokenFrames: Program = async (sides) => {
  const frames: Record<string, string> = {
    RSV1: frame(0xc1),
    RSV2: frame(0xa1),
    'reserved opcode': frame(0x83),
    'reserved control opcode': frame(0x8b),
    masked: '818100000000ff',
    'continuation of nothing': frame(0x80, text('x')),
    'message within a message': frame(0x01, text('a')) + frame(0x81, text('b')),
    'fragmented ping': frame(0x09),
    'long ping': `897e007e${'00'.repeat(126)}`,
    'long close': `887e007e03e8${'61'.repeat(124)}`,
    'length not minimal': `827e0001${'00'}`,
    'length with the top bit': '827f8000000000000000',
    'text that is no UTF-8': frame(0x81, 'ff'),
    'text that ends in the middle': frame(0x81, 'c3'),
    'surrogate in text': frame(0x81, 'eda080'),
    'good, then bad': frame(0x81, text('good')) + frame(0xc1),
  };
  for (const [name, hex] of Object.entries(frames))
    await raw(sides, name, { frames: hex, ending: 'close back' });
};

const goodFrames: Program = async (sides) => {
  const close = closeFrame(1000);
  const frames: Record<string, string> = {
    'a character across fragments': frame(0x01, 'c3') + frame(0x80, 'a9') + close,
    'empty fragments':
      frame(0x02) + frame(0x00) + frame(0x89, text('ping')) + frame(0x00, '07') + frame(0x80) + close,
    'unasked pong': frame(0x8a, text('pong')) + close,
    'byte order mark': frame(0x81, 'efbbbf61') + close,
    'text and binary, empty': frame(0x81) + frame(0x82) + close,
  };
  for (const [name, hex] of Object.entries(frames)) await raw(sides, name, { frames: hex });
};

const lost: Program = async (sides) => {
  await raw(sides, 'end without a close frame', { frames: frame(0x81, text('last')), ending: 'end' });
  await raw(sides, 'end in the middle of a frame', { frames: '810561', ending: 'end' });
  await raw(sides, 'cut off', { ending: 'destroy' });
  const nobody = new sides.WebSocket('ws://127.0.0.1:2/');
  await follow(sides, nobody, 'nobody listens: ');
};

const handshakes: Program = async (sides) => {
  const close = closeFrame(1000);
  const scripts: Record<string, object> = {
    'status 200': { status: '200 OK' },
    'status 401': { status: '401 Unauthorized' },
    'status 404': { status: '404 Not Found' },
    'status 500': { status: '500 Internal Server Error' },
    redirect: {
      status: '302 Found',
      fields: { Location: sides.url('echo', 'redirected').replace('ws:', 'http:') },
    },
    'wrong accept': { fields: { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' } },
    'no accept': { fields: { 'Sec-WebSocket-Accept': null } },
    'no Upgrade': { fields: { Upgrade: null } },
    'other Upgrade': { fields: { Upgrade: 'h2c' } },
    'no Connection': { fields: { Connection: null } },
    'Connection in a list': { fields: { Connection: 'keep-alive, UPGRADE' }, frames: close },
    'Upgrade in capitals': { fields: { Upgrade: 'WebSocket' }, frames: close },
    'other reason phrase': { status: '101 OK', frames: close },
    'subprotocol not offered': { fields: { 'Sec-WebSocket-Protocol': 'other' } },
    'extension not offered': { fields: { 'Sec-WebSocket-Extensions': 'x-other' } },
    'extension with an unknown parameter': {
      fields: { 'Sec-WebSocket-Extensions': 'permessage-deflate; x=1' },
    },
    'extension twice': { fields: { 'Sec-WebSocket-Extensions': 'permessage-deflate, permessage-deflate' } },
    extension: {
      fields: { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover' },
      frames: close,
    },
  };
  for (const [name, script] of Object.entries(scripts)) await raw(sides, name, script);
  const choice = (value: string | null) => ({ fields: { 'Sec-WebSocket-Protocol': value }, frames: close });
  await raw(sides, 'offered, none chosen', choice(null), ['a', 'b']);
  await raw(sides, 'offered, the second chosen', choice('b'), ['a', 'b']);
  await raw(sides, 'offered, another chosen', choice('c'), ['a', 'b']);
  await raw(sides, 'offered, other case chosen', choice('A'), ['a', 'b']);
  await raw(sides, 'offered, both chosen', choice('a, b'), ['a', 'b']);
  await raw(sides, 'offered, empty choice', choice(''), ['a', 'b']);
};

export const closing: Readonly<Record<string, Program>> = {
  'arguments of close that are refused': refusedArguments,
  'arguments of close': acceptedArguments,
  'close codes between integers': betweenIntegers,
  'a reason without a code': reasonAlone,
  'close in every state': inEveryState,
  'closed by the server': byServer,
  'close codes that come': receivedCodes,
  'frames that break a rule': brokenFrames,
  'frames that break none': goodFrames,
  'connections that are lost': lost,
  'opening handshakes': handshakes,
};
