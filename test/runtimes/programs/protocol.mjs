/** The engine on the runtime that runs this: decodes and encodes the frames of the vectors, prints what came out. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { acceptKey, ProtocolError, WebSocketProtocol } from 'hawser/protocol';

const vectors = JSON.parse(readFileSync(process.argv[2], 'utf8'));
/** The masking key of RFC 6455 §5.7. */
const nextMaskingKey = (target, offset) => target.set([0x37, 0xfa, 0x21, 0x3d], offset);

const decoded = {};
for (const { what, hex } of vectors.frames) {
  const frames = [hex].flat().map((frame) => Buffer.from(frame, 'hex'));
  const role = (frames[0][1] & 0x80) === 0 ? 'client' : 'server';
  decoded[what] = eventsOf(role, frames);
}
console.log(
  JSON.stringify({
    accepted: vectors.accept.map(({ key }) => acceptKey(key)),
    decoded,
    refused: eventsOf('client', [Buffer.from('c100', 'hex')]),
    encoded: { server: frameOf('server'), client: frameOf('client') },
  }),
);

function eventsOf(role, frames) {
  const events = [];
  const engine = new WebSocketProtocol(
    {
      write: () => false,
      message: (payload, isBinary) => events.push([isBinary ? 'binary' : 'text', payload.toString()]),
      ping: (payload) => events.push(['ping', payload.toString()]),
      pong: (payload) => events.push(['pong', payload.toString()]),
      failed: (error) => events.push([error.code, error instanceof ProtocolError]),
      closable: () => undefined,
    },
    { role, nextMaskingKey },
  );
  for (const frame of frames) engine.receive(frame);
  return events;
}

function frameOf(role) {
  const written = [];
  const write = (bytes, payload) => {
    written.push(bytes.toString('hex'), payload?.toString('hex') ?? '');
    return false;
  };
  const engine = new WebSocketProtocol({ write, closable: () => undefined }, { role, nextMaskingKey });
  engine.send('Hello', false);
  return written.join('');
}
