/**
 * The client of the file server beside it: `npm run example -- files/client upload film.mp4`, and `download film.mp4`,
 * which writes it into the current folder; a third argument is another path to write to. URL names the server (default
 * ws://127.0.0.1:8082). It compares SHA-256, and exits with 1 when a transfer fails.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { WebSocket } from 'hawser';
import { memoryLine, receiveFile, sendFile } from './transfer.js';

const { URL: server = 'ws://127.0.0.1:8082' } = process.env;
const MAX_SIZE = 4 * 1024 ** 3;

async function open(path: string, name: string): Promise<WebSocket> {
  const url = `${server}/${path}?name=${encodeURIComponent(name)}`;
  const socket = new WebSocket(url, { maxMessageSize: MAX_SIZE });
  await once(socket, 'open');
  // What goes wrong from now on is told by the transfer and by the close code.
  socket.on('error', () => undefined);
  return socket;
}

async function upload(path: string): Promise<string> {
  const socket = await open('upload', basename(path));
  const closed = once(socket, 'close');
  const digest = await sendFile(socket, path);
  const [code, reason] = await closed;
  if (code !== 1000) throw new Error(`closed with ${code} ${reason}`);
  return digest;
}

async function download(name: string, path = basename(name)): Promise<string> {
  const socket = await open('download', name);
  try {
    return await receiveFile(socket, path);
  } catch (error) {
    // A file that was there before is not ours to remove.
    if ((error as { code?: string }).code !== 'EEXIST') await rm(path, { force: true });
    throw error;
  } finally {
    socket.close();
  }
}

const [command, file, target] = process.argv.slice(2);
try {
  if (file === undefined || (command !== 'upload' && command !== 'download')) {
    throw new Error('usage: npm run example -- files/client upload|download FILE [PATH]');
  }
  const digest = command === 'upload' ? await upload(file) : await download(file, target);
  console.log(`${command} of ${file}: ${digest}, ${memoryLine()}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
