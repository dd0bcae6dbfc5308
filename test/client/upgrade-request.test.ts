import { mkdtemp, rm } from 'node:fs/promises';
import http, { type ClientRequestArgs } from 'node:http';
import https from 'node:https';
import net, { type LookupFunction, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../../src/client/client-options.js';
import { isValidKey } from '../../src/protocol/handshake/accept-key.js';
import { fail, open, openAndClose } from './start-opening.js';
import { ca, clientIdentity, type Listening, TestServers } from './test-servers.js';

const servers = new TestServers();
afterEach(() => servers.close());

const plain = ({ port }: Listening, path = '/'): string => `ws://127.0.0.1:${port}${path}`;
const secure = ({ port }: Listening, host = '127.0.0.1'): string => `wss://${host}:${port}/`;

describe('headers', () => {
  const fieldsFor = async (options: ClientOptions, address = plain) => {
    const server = await servers.http();
    await openAndClose(address(server), options);
    return server.heads[0].fields;
  };

  it('are those of RFC 6455 §4.1', async () => {
    const server = await servers.http();
    await openAndClose(plain(server));
    const fields = new Map(server.heads[0].fields);
    expect(isValidKey(fields.get('sec-websocket-key') as string)).toBe(true);
    fields.delete('sec-websocket-key');
    expect(Object.fromEntries(fields)).toEqual({
      host: `127.0.0.1:${server.port}`,
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-version': '13',
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
    });
  });

  it('have the order of ws, behind those of the user', async () => {
    const server = await servers.http();
    const options = { headers: { 'X-Token': 'abc' }, origin: 'https://a', auth: 'x:y' };
    await openAndClose(plain(server), options);
    expect([...server.heads[0].fields.keys()]).toEqual([
      'x-token',
      'sec-websocket-version',
      'sec-websocket-key',
      'connection',
      'upgrade',
      'sec-websocket-extensions',
      'origin',
      'host',
      'authorization',
    ]);
  });

  it('lack Host with setHost: false', async () => {
    const server = await servers.raw((socket) => socket.destroy());
    await fail(plain(server), { setHost: false } as ClientOptions);
    expect(server.heads[0].fields.has('host')).toBe(false);
  });

  it('have a key of their own each time', async () => {
    const keys = [await fieldsFor({}), await fieldsFor({})].map((fields) => fields.get('sec-websocket-key'));
    expect(new Set(keys).size).toBe(2);
  });

  it('may be added', async () => {
    const fields = await fieldsFor({
      headers: { 'X-Token': 'abc', Host: 'example.test' },
      origin: 'https://a',
    });
    expect(fields.get('x-token')).toBe('abc');
    expect(fields.get('host')).toBe('example.test');
    expect(fields.get('origin')).toBe('https://a');
  });

  it('of the handshake stay as they are', async () => {
    const headers = {
      upgrade: 'x',
      CONNECTION: 'close',
      'sec-websocket-version': '8',
      'sec-websocket-KEY': 'k',
    };
    const fields = await fieldsFor({ headers });
    expect(fields.get('upgrade')).toBe('websocket');
    expect(fields.get('connection')).toBe('Upgrade');
    expect(fields.get('sec-websocket-version')).toBe('13');
    expect(fields.get('sec-websocket-key')).not.toBe('k');
  });

  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const withUser = (server: Listening): string => plain(server).replace('//', '//a%40b:c%3A@');

  it.each<[string, ClientOptions, typeof plain, string]>([
    ['userinfo', {}, withUser, basic('a@b:c:')],
    ['the option', { auth: 'x:y' }, plain, basic('x:y')],
    ['userinfo, before the option', { auth: 'x:y' }, withUser, basic('a@b:c:')],
    ['the header, before all', { auth: 'x:y', headers: { authorization: 'Bearer t' } }, withUser, 'Bearer t'],
  ])('take credentials from %s', async (_, options, address, value) => {
    expect((await fieldsFor(options, address)).get('authorization')).toBe(value);
  });

  it('may be set by finishRequest, which sends the request', async () => {
    const server = await servers.http();
    const finishRequest = (request: http.ClientRequest): void => {
      request.setHeader('X-Late', '1');
      setImmediate(() => request.end());
    };
    await openAndClose(plain(server), {}, { finishRequest });
    expect(server.heads[0].fields.get('x-late')).toBe('1');
  });

  it('go to the URL’s host and path, whatever the options say', async () => {
    const options = {
      host: 'example.invalid',
      hostname: 'example.invalid',
      port: 1,
      path: '/no',
      method: 'POST',
    };
    const server = await servers.http();
    await openAndClose(plain(server, '/yes?x'), options as ClientOptions);
    expect(server.heads[0].startLine).toBe('GET /yes?x HTTP/1.1');
  });
});

describe('the socket', () => {
  it('has no Nagle delay', async () => {
    const noDelay: unknown[] = [];
    const setNoDelay = net.Socket.prototype.setNoDelay;
    net.Socket.prototype.setNoDelay = function (this: Socket, on?: boolean) {
      noDelay.push(on);
      return setNoDelay.call(this, on);
    };
    try {
      await openAndClose(plain(await servers.http()));
      const clientCalls = noDelay.length;
      expect(noDelay).toContain(true);
      expect(clientCalls).toBeGreaterThan(0);
    } finally {
      net.Socket.prototype.setNoDelay = setNoDelay;
    }
  });

  it('comes from localAddress', async () => {
    const server = await servers.http();
    const { socket } = await open(plain(server), { localAddress: '127.0.0.2' });
    expect(server.sockets[0].remoteAddress).toBe('127.0.0.2');
    socket.destroy();
  });

  it('goes where lookup says, in the family asked for', async () => {
    const server = await servers.http();
    const asked: unknown[] = [];
    const lookup: LookupFunction = (name, options, callback) => {
      asked.push(name, options.family);
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    await openAndClose(`ws://example.invalid:${server.port}`, { lookup, family: 4 });
    expect(asked).toEqual(['example.invalid', 4]);
    expect(server.heads[0].fields.get('host')).toBe(`example.invalid:${server.port}`);
  });

  it('comes from createConnection', async () => {
    const server = await servers.http();
    const asked: unknown[] = [];
    const createConnection = ({ host, port }: ClientRequestArgs) => {
      asked.push(host, port);
      return net.connect(server.port, '127.0.0.1');
    };
    await openAndClose('ws://example.invalid/', { createConnection });
    expect(asked).toEqual(['example.invalid', 80]);
  });

  it('may be any Duplex that createConnection makes', async () => {
    const server = await servers.http();
    const createConnection = () => {
      const socket = net.connect(server.port, '127.0.0.1');
      return Duplex.from({ readable: socket, writable: socket }).on('error', () => undefined);
    };
    await openAndClose('ws://example.invalid/', { createConnection });
    expect(server.heads).toHaveLength(1);
  });

  it('may not come from createConnection', async () => {
    const createConnection = (): never => {
      throw new Error('no socket');
    };
    expect((await fail('ws://example.invalid/', { createConnection })).message).toBe('no socket');
  });

  it('comes from an agent', async () => {
    const server = await servers.http();
    const agent = new http.Agent({ keepAlive: true });
    const asked: unknown[] = [];
    agent.createConnection = (options: net.NetConnectOpts) => {
      asked.push(options);
      return net.connect(options);
    };
    const { socket } = await open(plain(server, '/x'), { agent });
    expect(asked).toMatchObject([{ host: '127.0.0.1', port: String(server.port) }]);
    expect(Object.keys(agent.sockets)).toEqual([]);
    socket.destroy();
    agent.destroy();
  });

  it('of a refused request goes back to a keep-alive agent', async () => {
    const server = await servers.answering((_request, response) => response.writeHead(401).end());
    const agent = new http.Agent({ keepAlive: true });
    const freed = new Promise((resolve) => agent.once('free', resolve));
    const unexpectedResponse = (_request: unknown, response: http.IncomingMessage): boolean => {
      response.resume();
      return true;
    };
    void open(plain(server), { agent }, { unexpectedResponse });
    await freed;
    expect(Object.values(agent.freeSockets).flat()).toMatchObject([{ destroyed: false }]);
    agent.destroy();
  });
});

describe('Unix sockets', () => {
  const inDirectory = async (run: (directory: string) => Promise<void>): Promise<void> => {
    const directory = await mkdtemp(join(tmpdir(), 'hawser test-'));
    try {
      await run(directory);
    } finally {
      await servers.close();
      await rm(directory, { recursive: true });
    }
  };

  it('are reached by ws+unix:', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a.sock');
      const server = await servers.http(undefined, path);
      await openAndClose(`ws+unix:${path}:/chat?x=1`);
      await openAndClose(`ws+unix:${path}`, { agent: new http.Agent() });
      expect(server.heads.map(({ startLine }) => startLine)).toEqual([
        'GET /chat?x=1 HTTP/1.1',
        'GET / HTTP/1.1',
      ]);
      expect(server.heads.map(({ fields }) => fields.get('host'))).toEqual(['localhost', 'localhost']);
    }));

  it('are reached by the option socketPath', () =>
    inDirectory(async (directory) => {
      const socketPath = join(directory, 'b.sock');
      const server = await servers.http(undefined, socketPath);
      await openAndClose('ws://example.invalid/x', { socketPath });
      expect(server.heads[0].startLine).toBe('GET /x HTTP/1.1');
      expect(server.heads[0].fields.get('host')).toBe('example.invalid');
    }));

  it('may not be there', () =>
    inDirectory(async (directory) => {
      expect(await fail(`ws+unix:${directory}/none.sock:/`)).toMatchObject({ code: 'ENOENT' });
    }));
});

describe('TLS', () => {
  it('works for an IP address, without SNI', async () => {
    const server = await servers.https();
    const { socket } = await openAndClose(secure(server), { ca });
    expect(socket).toMatchObject({ encrypted: true, authorized: true, servername: false });
  });

  it('names the host', async () => {
    const server = await servers.https();
    const { socket } = await openAndClose(secure(server, 'localhost'), { ca, family: 4 });
    expect(socket).toMatchObject({ authorized: true, servername: 'localhost' });
  });

  it('names what servername says', async () => {
    const server = await servers.https();
    const { socket } = await openAndClose(secure(server), { ca, servername: 'localhost' });
    expect(socket).toMatchObject({ authorized: true, servername: 'localhost' });
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const server = await servers.https();
    expect(await fail(secure(server))).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    await server.closed();
  });

  it('refuses a certificate for another name', async () => {
    const server = await servers.https();
    const options = { ca, servername: 'example.test' };
    expect(await fail(secure(server), options)).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(server.heads).toEqual([]);
    await server.closed();
  });

  it('lets checkServerIdentity decide', async () => {
    const server = await servers.https();
    const checkServerIdentity = (): Error => new Error('not my server');
    expect((await fail(secure(server), { ca, checkServerIdentity })).message).toBe('not my server');
    await openAndClose(secure(server), {
      ca,
      servername: 'example.test',
      checkServerIdentity: () => undefined,
    });
  });

  it('takes any certificate with rejectUnauthorized: false', async () => {
    const server = await servers.https();
    const { socket } = await openAndClose(secure(server), { rejectUnauthorized: false });
    expect(socket).toMatchObject({ encrypted: true, authorized: false });
  });

  it('shows a client certificate', async () => {
    const names: unknown[] = [];
    const server = await servers.https(undefined, { requestCert: true, ca });
    const https = await servers.https(
      (request, socket) => {
        names.push((request.socket as TLSSocket).getPeerCertificate().subject.CN);
        socket.end();
      },
      { requestCert: true, ca },
    );
    await openAndClose(secure(server), { ca, ...clientIdentity });
    await fail(secure(https), { ca, ...clientIdentity });
    expect(names).toEqual(['alice']);
    expect(await fail(secure(server), { ca })).toMatchObject({
      code: expect.stringMatching(/^(ERR_SSL_|ECONNRESET)/),
    });
  });

  it('works through an agent', async () => {
    const server = await servers.https();
    const agent = new https.Agent({ ca });
    const { socket } = await openAndClose(secure(server, 'localhost'), { agent, family: 4 });
    expect(socket).toMatchObject({ authorized: true, servername: 'localhost' });
  });

  it('is not what the server speaks', async () => {
    const server = await servers.http();
    expect((await fail(secure(server), { ca })).code).toMatch(/^(ERR_SSL_|ECONNRESET|EPROTO)/);
    await server.closed();
  });
});
