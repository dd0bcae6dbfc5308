/**
 * The page that Chromium's ends live in: opens WebSockets and WebSocketStreams and does with them what it is asked.
 * What happens to them it tells by `tell`, which the test provides.
 */
const ends = new Map();

const encode = (data) =>
  typeof data === 'string' ? { text: data } : { bytes: new Uint8Array(data).toBase64() };
const decode = (message) => ('text' in message ? message.text : Uint8Array.fromBase64(message.bytes));

function openWebSocket(connection, url, protocols) {
  const socket = new WebSocket(url, protocols);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => tell({ event: 'message', connection, ...encode(data) });
  return new Promise((resolve, reject) => {
    socket.onopen = () => {
      ends.set(connection, {
        send: async (data) => socket.send(data),
        close: (...args) => socket.close(...args),
      });
      resolve({ protocol: socket.protocol, extensions: socket.extensions });
    };
    socket.onclose = ({ code, reason }) => {
      reject(new Error('refused'));
      tell({ event: 'close', connection, code, reason });
    };
  });
}

async function openWebSocketStream(connection, url, protocols) {
  const stream = new WebSocketStream(url, { protocols });
  stream.closed.then(
    ({ closeCode, reason }) => tell({ event: 'close', connection, code: closeCode, reason }),
    ({ closeCode, reason }) =>
      tell({ event: 'close', connection, code: closeCode ?? 1006, reason: reason ?? '' }),
  );
  const { readable, writable, protocol, extensions } = await stream.opened;
  const writer = writable.getWriter();
  const end = {
    reading: Promise.resolve(),
    send: (data) => writer.write(data),
    close: (closeCode, reason) => stream.close(closeCode === undefined ? {} : { closeCode, reason }),
    pause() {
      end.reading = new Promise((resolve) => {
        end.resume = resolve;
      });
    },
  };
  ends.set(connection, end);
  read(connection, end, readable.getReader()).catch(() => {});
  return { protocol, extensions };
}

async function read(connection, end, reader) {
  for (;;) {
    await end.reading;
    const { value, done } = await reader.read();
    if (done) return;
    tell({ event: 'message', connection, ...encode(value) });
  }
}

const operations = {
  async connect({ connection, url, protocols, stream }) {
    const open = stream ? openWebSocketStream : openWebSocket;
    const { protocol, extensions } = await open(connection, url, protocols);
    return { connection, protocol, compresses: extensions.startsWith('permessage-deflate') };
  },
  send: ({ connection, message }) => ends.get(connection).send(decode(message)),
  pause: ({ connection }) => ends.get(connection).pause(),
  resume: ({ connection }) => ends.get(connection).resume(),
  close({ connection, code, reason }) {
    if (code === undefined) ends.get(connection).close();
    else ends.get(connection).close(code, reason);
  },
  abort: ({ connection }) => ends.get(connection).close(),
};

globalThis.operate = (operation, fields) => operations[operation](fields);
