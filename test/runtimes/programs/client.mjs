/**
 * A client on the runtime that runs this: connects with both faces to the address given and prints what it saw
 * as one JSON object.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { WebSocket } from 'hawser';
import * as web from 'hawser/web';

const [url, secureUrl, certificateAuthority] = process.argv.slice(2);
const MEBIBYTE = 1024 * 1024;
const binary = Uint8Array.from({ length: MEBIBYTE }, (_, index) => (index * 31 + (index >> 8)) & 255);

/** What each part gives, or why it failed. */
const parts = { root, deflated, ping, iteration, refused, secure, webSocket, stream };
const seen = {};
for (const [name, part] of Object.entries(parts)) {
  try {
    seen[name] = await Promise.race([part(), silence(20_000)]);
  } catch (error) {
    seen[name] = `${error?.name}: ${error?.message}`;
  }
}
console.log(JSON.stringify(seen));
process.exit(0);

async function root() {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const readyState = await next(socket, 'open', () => socket.readyState);
  const text = await echo(socket, 'h\u00e9llo \u{1f600}');
  const bytes = await echo(socket, binary);
  const closed = next(socket, 'close', (code, reason) => [code, String(reason)]);
  socket.close(4321, 'that is all');
  return { readyState, extensions: socket.extensions, text, bytes, closed: await closed };
}

async function deflated() {
  const socket = new WebSocket(url);
  await next(socket, 'open');
  const text = await echo(socket, 'compress me '.repeat(1000));
  const again = await echo(socket, 'compress me '.repeat(1000));
  const bytes = await echo(socket, binary);
  const closed = next(socket, 'close', (code) => code);
  socket.close();
  return { extensions: socket.extensions, text, again, bytes, closed: await closed };
}

async function ping() {
  const socket = new WebSocket(url);
  await next(socket, 'open');
  const pong = next(socket, 'pong', String);
  socket.ping('are you there');
  const pinged = next(socket, 'ping', String);
  socket.send('ping me');
  const seenPing = await pinged;
  socket.terminate();
  return { pong: await pong, pinged: seenPing, closed: await next(socket, 'close', (code) => code) };
}

async function iteration() {
  const socket = new WebSocket(url);
  const messages = [];
  socket.on('open', () => {
    for (const message of ['one', 'two', 'close with 1000']) socket.send(message);
  });
  for await (const message of socket) messages.push(message);
  return messages;
}

async function refused() {
  const socket = new WebSocket(`${url}/not-served`);
  const closed = next(socket, 'close', (code) => code);
  const error = await next(socket, 'error', ({ name, code, status }) => ({ name, code, status }));
  return { error, closed: await closed };
}

async function secure() {
  const socket = new WebSocket(secureUrl, { ca: readFileSync(certificateAuthority) });
  await next(socket, 'open');
  const text = await echo(socket, 'a secret');
  const bytes = await echo(socket, binary);
  socket.close(1000);
  return { text, bytes, closed: await next(socket, 'close', (code) => code) };
}

async function webSocket() {
  const socket = new web.WebSocket(url, ['chat', 'echo']);
  socket.binaryType = 'arraybuffer';
  await dispatched(socket, 'open');
  socket.send(new Blob([binary]));
  socket.send('behind it');
  const messages = [];
  for (let count = 0; count < 2; count++) {
    const { data } = await dispatched(socket, 'message');
    messages.push(typeof data === 'string' ? data : sameBytes(new Uint8Array(data)));
  }
  const closed = dispatched(socket, 'close');
  socket.close(3000, 'done');
  const { code, reason, wasClean } = await closed;
  return { protocol: socket.protocol, messages, code, reason, wasClean };
}

async function stream() {
  const socket = new web.WebSocketStream(url);
  const { readable, writable } = await socket.opened;
  const reader = readable.getReader();
  const writer = writable.getWriter();
  await writer.write('text');
  await writer.write(binary);
  const text = (await reader.read()).value;
  const bytes = sameBytes((await reader.read()).value);
  socket.close({ closeCode: 3001, reason: 'enough' });
  return { text, bytes, closed: await socket.closed };
}

/** Sends and waits for the echo; binary is told by whether it came back as it was. */
async function echo(socket, data) {
  const reply = next(socket, 'message', (payload, isBinary) =>
    isBinary ? sameBytes(payload) : summary(payload),
  );
  socket.send(data);
  return await reply;
}

function summary(payload) {
  const text = String(payload);
  return text.length < 50 ? text : `${text.slice(0, 11)} ${text.length}`;
}

function sameBytes(bytes) {
  return bytes.length === MEBIBYTE && bytes.every((byte, index) => byte === binary[index]);
}

function next(emitter, event, map = () => undefined) {
  return new Promise((resolve, reject) => {
    emitter.once(event, (...args) => resolve(map(...args)));
    if (event === 'error' || event === 'close') return;
    emitter.once('error', reject);
    emitter.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
}

function dispatched(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

function silence(milliseconds) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('nothing came')), milliseconds));
}
