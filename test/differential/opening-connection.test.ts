/** Options of a client that are about the connection, shown at work once it is open. */
import { differential, type Program } from './differential.js';
import { construct, follow, peer, switching } from './opening-peers.js';

/** A frame of a server: it has no mask. */
function frame(first: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), bytes]);
  return Buffer.concat([Buffer.from([first, 126, length >> 8, length & 255]), bytes]);
}

const end = frame(0x88, Buffer.from([0x03, 0xe8]));

/** A client that gets these bytes; what it sends is told by the first byte of each of its frames. */
function receiving(
  name: string,
  options: object,
  bytes: readonly Buffer[],
  differs?: Program['differs'],
): Program {
  return {
    name,
    async run(implementation, trace) {
      const sent: Buffer[] = [];
      const server = await peer((request) => {
        request.socket
          .on('data', (chunk: Buffer) => void sent.push(chunk))
          .on('end', () => request.socket.end());
        request.socket.write(switching(request));
        request.socket.write(Buffer.concat(bytes));
        return undefined;
      });
      const client = construct(implementation, server.url, { perMessageDeflate: false, ...options });
      client.on('message', (data, isBinary) => trace('message', data, isBinary));
      client.on('ping', (data) => trace('ping', data));
      await follow(client, trace, { open: () => {} });
      await server.gone(1);
      trace('sent', ...frames(Buffer.concat(sent)));
      await server.stop();
    },
    ...(differs && { differs }),
  };
}

/** Opcode and payload of each frame of a client, unmasked. */
function frames(bytes: Buffer): string[] {
  const result: string[] = [];
  for (let at = 0; at + 6 <= bytes.length; ) {
    const length = bytes.readUInt8(at + 1) & 127;
    const key = bytes.subarray(at + 2, at + 6);
    const masked = bytes.subarray(at + 6, at + 6 + length);
    const payload = Buffer.from(masked.map((byte, index) => byte ^ key.readUInt8(index % 4)));
    result.push(`${bytes.readUInt8(at).toString(16)} ${payload.toString('hex')}`);
    at += 6 + length;
  }
  return result;
}

const long = 'a'.repeat(200);

differential('options of the connection', [
  receiving('maxPayload, reached', { maxPayload: 200 }, [frame(0x81, long), end]),
  receiving('maxPayload, passed', { maxPayload: 199 }, [frame(0x81, long), end]),
  receiving('maxPayload: 0 is no limit', { maxPayload: 0 }, [frame(0x81, long), end]),
  receiving('maxPayload, passed by fragments', { maxPayload: 3 }, [
    frame(0x01, 'aa'),
    frame(0x80, 'aa'),
    end,
  ]),
  receiving('maxFragments, reached', { maxFragments: 2 }, [frame(0x01, 'a'), frame(0x80, 'b'), end]),
  receiving('maxFragments, passed', { maxFragments: 2 }, [
    frame(0x01, 'a'),
    frame(0x00, 'b'),
    frame(0x80, 'c'),
    end,
  ]),
  receiving('maxFragments: 0 is no limit', { maxFragments: 0 }, [
    frame(0x01, 'a'),
    frame(0x00, 'b'),
    frame(0x80, 'c'),
    end,
  ]),
  receiving('autoPong', {}, [frame(0x89, 'p'), end]),
  receiving('autoPong: false', { autoPong: false }, [frame(0x89, 'p'), end]),
  receiving('maxPendingAutoPongs', { maxPendingAutoPongs: 2 }, [frame(0x89, 'p'), end]),
  receiving('maxBufferedChunks', { maxBufferedChunks: 1_000 }, [frame(0x81, 'a'), end]),
  receiving('skipUTF8Validation: true', { skipUTF8Validation: true }, [
    frame(0x81, Buffer.from([0xff])),
    end,
  ]),
  receiving('allowSynchronousEvents: true', { allowSynchronousEvents: true }, [
    frame(0x81, 'a'),
    frame(0x81, 'b'),
    end,
  ]),
  receiving('allowSynchronousEvents: false', { allowSynchronousEvents: false }, [
    frame(0x81, 'a'),
    frame(0x81, 'b'),
    end,
  ]),
  {
    name: 'generateMask makes the keys',
    async run(implementation, trace) {
      const server = await peer((request) => {
        request.socket.on('data', (bytes) => {
          trace('sent', bytes);
          request.socket.destroy();
        });
        return switching(request);
      });
      const options = {
        generateMask: (mask: Buffer) => {
          trace('mask', mask.length);
          mask.set([1, 2, 3, 4]);
        },
      };
      const client = construct(implementation, server.url, options);
      await follow(client, trace, { open: () => client.send('hello') });
      await server.stop();
    },
  },
  {
    name: 'closeTimeout ends a closing handshake that hangs',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const client = construct(implementation, server.url, { closeTimeout: 50 });
      await follow(client, trace, { open: () => client.close(1000) });
      await server.gone(1);
      await server.stop();
    },
  },
]);
