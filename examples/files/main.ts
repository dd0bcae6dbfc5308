/**
 * Files of any size over WebSockets, in constant memory: `/upload?name=film.mp4` takes one, `/download?name=film.mp4`
 * sends it back, and SHA-256 is compared at the receiving end. `npm run example -- files`; PORT chooses the port
 * (default 8082), FOLDER where the files are (default a new folder, which is removed at the end), MAX_SIZE the bytes of
 * a file (default 4 GiB).
 *
 * With the server running, `npm run example -- files/client upload film.mp4` uploads.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HandshakeError, type WebSocket, WebSocketServer } from 'hawser';
import { memoryLine, receiveFile, sendFile } from './transfer.js';

const { FOLDER, MAX_SIZE = 4 * 1024 ** 3, PORT = 8082 } = process.env;
const folder = FOLDER ?? mkdtempSync(join(tmpdir(), 'hawser-files-'));

/** The file that a request is about. A name is one name: it has no slash and does not begin with a dot. */
function fileOf(url: string | undefined): { name: string; path: string } {
  const name = new URL(url ?? '', 'http://localhost').searchParams.get('name') ?? '';
  if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N} ._-]{0,99}$/u.test(name)) throw new HandshakeError(400, 'Bad name');
  return { name, path: join(folder, name) };
}

const http = createServer((_request, response) => response.writeHead(404).end());
// The heartbeat ends connections whose peer is gone.
const shared = { server: http, allowedOrigins: 'same-host', maxMessageSize: Number(MAX_SIZE) } as const;

const uploads = new WebSocketServer({
  ...shared,
  path: '/upload',
  authenticate: ({ url }) => {
    const file = fileOf(url);
    if (existsSync(file.path)) throw new HandshakeError(409, 'There is a file of this name');
    return file;
  },
});
uploads.on('connection', (socket) => {
  const { name, path } = socket.context;
  void transfer(socket, `upload of ${name}`, () => store(socket, path));
});

const downloads = new WebSocketServer({
  ...shared,
  path: '/download',
  authenticate: ({ url }) => {
    const file = fileOf(url);
    if (!existsSync(file.path)) throw new HandshakeError(404, 'There is no such file');
    return file;
  },
});
downloads.on('connection', (socket) => {
  const { name, path } = socket.context;
  void transfer(socket, `download of ${name}`, () => sendFile(socket, path));
});

/** Under its name there is a whole file or none: it is written under another, which no request can name. */
async function store(socket: WebSocket, path: string): Promise<string> {
  const part = join(folder, `.${randomUUID()}`);
  try {
    const digest = await receiveFile(socket, part);
    await link(part, path); // unlike a rename it does not replace a file that came meanwhile
    return digest;
  } finally {
    await rm(part, { force: true });
  }
}

const running = new Set<Promise<void>>();

/** Carries one transfer out. The close code tells the client how it ended: 1000 is success. */
async function transfer(socket: WebSocket, title: string, carryOut: () => Promise<string>): Promise<void> {
  const done = carryOut().then(
    (digest) => {
      console.log(`${title}: ${digest}, ${memoryLine()}`);
      socket.close(1000);
    },
    (error: Error) => {
      console.error(`${title}: ${error.message}`);
      socket.close(1011, 'The transfer failed');
    },
  );
  running.add(done);
  await done;
  running.delete(done);
}

http.listen(Number(PORT), '127.0.0.1', () => {
  const address = http.address();
  if (address !== null && typeof address === 'object') {
    console.log(`ws://127.0.0.1:${address.port} with the files of ${folder}`);
  }
});

async function stop(): Promise<void> {
  http.close();
  await Promise.all([uploads.drain({ deadline: 5_000 }), downloads.drain({ deadline: 5_000 })]);
  http.closeAllConnections();
  await Promise.all(running);
  if (FOLDER === undefined) await rm(folder, { recursive: true, force: true });
}
process.on('SIGINT', stop).on('SIGTERM', stop);
