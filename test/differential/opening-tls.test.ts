/** `wss:` and the options of TLS. */
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { ca, clientIdentity, serverIdentity } from '../client/test-servers.js';
import { differential, type Program } from './differential.js';
import { construct, follow, type Peer, peer, switching } from './opening-peers.js';
import type { Trace } from './trace.js';

type Options = (trace: Trace, server: Peer) => object;

/** Every name is this machine. */
const localhost = (
  _name: string,
  { all }: { all?: boolean },
  callback: (...args: unknown[]) => void,
): void => {
  if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/** Connects to a server with TLS and a certificate for localhost, and tells the events. */
function secure(
  name: string,
  options: Options,
  { host = 'localhost', tls = {} }: { host?: string; tls?: object } = {},
): Program {
  return {
    name,
    async run(implementation, trace) {
      const server = await peer(
        (request) => {
          const socket = request.socket as TLSSocket;
          trace('server', socket.servername, socket.authorized, socket.getPeerCertificate().subject?.CN);
          return switching(request);
        },
        { tls: { ...serverIdentity, ...tls } },
      );
      const url = `wss://${host}:${server.port}/`;
      await follow(construct(implementation, url, { family: 4, ...options(trace, server) }), trace);
      await server.stop();
    },
  };
}

differential('wss:', [
  secure('with the authority', () => ({ ca })),
  secure('without the authority', () => ({})),
  secure('without the authority, rejectUnauthorized: false', () => ({ rejectUnauthorized: false })),
  secure('to an IP address', () => ({ ca }), { host: '127.0.0.1' }),
  secure('to a name that is not in the certificate', () => ({ ca, lookup: localhost }), {
    host: 'other.test',
  }),
  secure('with servername', () => ({ ca, servername: 'localhost' }), { host: '127.0.0.1' }),
  secure('with another servername', () => ({ ca, servername: 'other.test' })),
  secure('with an empty servername', () => ({ ca, servername: '' })),
  secure('with checkServerIdentity that agrees', (trace) => ({
    ca,
    servername: 'other.test',
    checkServerIdentity: (name: string, { subject }: PeerCertificate) => {
      trace('check', name, subject.CN);
      return undefined;
    },
  })),
  secure('with checkServerIdentity that does not', () => ({
    ca,
    checkServerIdentity: () => new Error('not this one'),
  })),
  secure('with a client certificate', () => ({ ca, ...clientIdentity }), { tls: { requestCert: true, ca } }),
  secure(
    'without the client certificate that is asked for',
    () => ({ ca, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    {
      tls: { requestCert: true, rejectUnauthorized: true, ca },
    },
  ),
  secure('with versions that do not meet', () => ({ ca, maxVersion: 'TLSv1.2' }), {
    tls: { minVersion: 'TLSv1.3' },
  }),
  secure('with an agent', () => ({ agent: new Agent({ ca, servername: 'localhost' }) })),
  secure('with createConnection', (_trace, server) => ({
    createConnection: () => connectTls({ port: server.port, host: '127.0.0.1', ca, servername: 'localhost' }),
  })),
  secure('with ALPNProtocols', () => ({ ca, ALPNProtocols: ['http/1.1'] }), {
    tls: { ALPNProtocols: ['http/1.1'] },
  }),
  {
    name: 'to a server without TLS',
    async run(implementation, trace) {
      const http = createServer();
      await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
      const url = `wss://127.0.0.1:${(http.address() as AddressInfo).port}/`;
      const client = construct(implementation, url);
      await new Promise<void>((resolve) => {
        client.on('error', (error: NodeJS.ErrnoException) => trace('error', error.code, client.readyState));
        client.on('close', (code) => {
          trace('close', code);
          resolve();
        });
      });
      await new Promise((resolve) => void http.close(resolve));
    },
  },
  {
    name: 'without TLS to a server with TLS',
    async run(implementation, trace) {
      const server = await peer(() => undefined, { tls: serverIdentity });
      await follow(construct(implementation, `ws://127.0.0.1:${server.port}/`), trace);
      await server.stop();
    },
  },
  {
    name: 'handshakeTimeout while TLS hangs',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      await follow(
        construct(implementation, `wss://127.0.0.1:${server.port}/`, { handshakeTimeout: 100 }),
        trace,
      );
      await server.stop();
    },
  },
  {
    name: 'with a certificate that cannot be read',
    async run(implementation, trace) {
      const server = await peer(() => undefined, { tls: serverIdentity });
      try {
        await follow(construct(implementation, server.url, { ca, cert: 'nonsense', family: 4 }), trace);
      } catch (error) {
        trace('throws', error);
      }
      await server.stop();
    },
  },
]);
