/**
 * How a file goes over a connection, in either direction: a binary message with its bytes, and a text message with
 * their SHA-256. No more of it is in memory than a few chunks.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { MessageStream, WebSocket } from 'hawser';

/** The length of a SHA-256 in hexadecimal. */
const DIGEST_LENGTH = 64;

/** Passes chunks on, and puts them into the hash. */
async function* hashing<Chunk extends string | Buffer>(chunks: AsyncIterable<Chunk>, hash: Hash) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Sends a file, as fast as the peer takes it. Resolves with its SHA-256. */
export async function sendFile(socket: WebSocket, path: string): Promise<string> {
  const hash = createHash('sha256');
  await socket.sendStream(hashing(createReadStream(path), hash), { binary: true });
  const digest = hash.digest('hex');
  socket.send(digest);
  return digest;
}

/**
 * Writes a file that comes, as fast as the disk takes it. Resolves with its SHA-256.
 * @param path must not exist
 * @throws when it is cut off, is too long, or is not what was sent
 */
export async function receiveFile(socket: WebSocket, path: string): Promise<string> {
  let digest: string | undefined;
  for await (const message of socket.messageStreams()) {
    if (message.isBinary) {
      digest = await write(message, path);
    } else {
      if ((await digestOf(message)) !== digest)
        throw new Error('The SHA-256 is another: the file is damaged');
      return digest;
    }
  }
  throw new Error('The connection has ended before the file');
}

async function write(message: MessageStream, path: string): Promise<string> {
  const hash = createHash('sha256');
  // wx: a second file of the same connection is not written over the first.
  await pipeline(hashing(message, hash), createWriteStream(path, { flags: 'wx' }));
  return hash.digest('hex');
}

/** A peer may send a text of any length: no more is read than can be a digest. */
async function digestOf(message: MessageStream): Promise<string> {
  let text = '';
  for await (const chunk of message) {
    text += chunk;
    if (text.length > DIGEST_LENGTH) break;
  }
  return text;
}

/** The most memory that this process has had so far. */
export function memoryLine(): string {
  return `memory: at most ${Math.ceil(process.resourceUsage().maxRSS / 1024)} MiB`;
}
