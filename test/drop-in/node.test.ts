import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoText, folderWithWs, type ProjectFolder, peers } from './project-folder.js';

let folder: ProjectFolder;

beforeAll(async () => {
  folder = await folderWithWs();
});

afterAll(() => folder.remove());

/** Every way in which programs get at the two classes. */
const forms = [
  ['module', `import WebSocket, { WebSocketServer } from 'ws';`],
  ['module', `import { WebSocket, WebSocketServer } from 'ws';`],
  ['module', `import { default as WebSocket, WebSocketServer } from 'ws';`],
  ['module', `import * as ws from 'ws'; const { WebSocket, WebSocketServer } = ws;`],
  ['module', `import WebSocket from 'ws'; const WebSocketServer = WebSocket.Server;`],
  ['module', `const { default: WebSocket, WebSocketServer } = await import('ws');`],
  [
    'module',
    `import { createRequire } from 'node:module'; const WebSocket = createRequire(import.meta.url)('ws');
     const { WebSocketServer } = WebSocket;`,
  ],
  ['commonjs', `const WebSocket = require('ws'); const { WebSocketServer } = WebSocket;`],
  ['commonjs', `const WebSocket = require('ws'); const WebSocketServer = WebSocket.Server;`],
  ['commonjs', `const { WebSocket, WebSocketServer } = require('ws');`],
] as const;

/** Node.js as it is, and as it was before it could `require` ES modules. */
const modes = [
  ['Node.js', []],
  ['Node.js that cannot require ES modules', ['--no-experimental-require-module']],
] as const;

describe.each(modes)('%s', (_, flags) => {
  it.each(forms)('echoes: %s, %s', async (type, form) => {
    expect(await folder.node(form + echoText, type, ...flags)).toBe('echo hello false');
  });
});

describe('the file that Node.js takes', () => {
  const where = `
    import { createRequire } from 'node:module';
    const path = import.meta.resolve('ws');
    console.log(path.split('/').pop(), createRequire(import.meta.url).resolve('ws').split('/').pop());`;

  it('is the same for import and require', async () => {
    expect(await folder.node(where, 'module')).toBe('index.js index.js');
  });

  it('is another one for require where ES modules cannot be required', async () => {
    expect(await folder.node(where, 'module', '--no-experimental-require-module')).toBe('index.js index.cjs');
  });
});

const original = createRequire(`${peers}none.js`);

/** The original as \`import\` gives it. */
const importOriginal = (): Promise<object> =>
  import(pathToFileURL(original.resolve('ws').replace(/index\.js$/, 'wrapper.mjs')).href);

describe('import and require', () => {
  it('give one instance: every name of the original is the same thing, however it is loaded', async () => {
    const names = [...new Set([...Object.keys(await importOriginal()), ...Object.keys(original('ws'))])];
    expect(names).toEqual(expect.arrayContaining(['Receiver', 'Sender', 'WebSocketServer', 'default']));
    const code = `
      import * as imported from 'ws';
      import byDefault from 'ws';
      import { createRequire } from 'node:module';
      const required = createRequire(import.meta.url)('ws');
      const different = ${JSON.stringify(names)}.filter((name) => {
        if (name === 'default') return imported.default !== required;
        if (name === 'Server') return required.Server !== imported.WebSocketServer;
        return required[name] === undefined || (name in imported && imported[name] !== required[name]);
      });
      console.log(JSON.stringify(different), byDefault === required, byDefault === imported.WebSocket,
        required.WebSocket === required, required.name);`;
    expect(await folder.node(code, 'module')).toBe('[] true true true WebSocket');
  });

  it('give the names of the original as named exports', async () => {
    const names = Object.keys(await importOriginal()).filter((name) => name !== 'default');
    expect(names).toContain('createWebSocketStream');
    const code = `import { ${names.join(', ')} } from 'ws'; console.log([${names.join(', ')}].length);`;
    expect(await folder.node(code, 'module')).toBe(String(names.length));
  });

  it('give working parts', async () => {
    const code = `
      import { PassThrough } from 'node:stream';
      import { extension, PerMessageDeflate, Receiver, Sender, subprotocol } from 'ws';
      const wire = new PassThrough();
      const receiver = new Receiver({ isServer: true });
      receiver.on('message', (data, isBinary) => {
        console.log(String(data), isBinary, PerMessageDeflate.extensionName,
          extension.format(extension.parse('a; b=1')), [...subprotocol.parse('x, y')].join());
      });
      wire.pipe(receiver);
      new Sender(wire).send('hello', { fin: true, mask: true });`;
    expect(await folder.node(code, 'module')).toBe('hello false permessage-deflate a; b=1 x,y');
  });

  it('give a stream that echoes', async () => {
    const code = `
      const { createWebSocketStream, WebSocket, WebSocketServer } = require('ws');
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
        const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
        const stream = createWebSocketStream(client, { encoding: 'utf8' });
        stream.on('data', (text) => { console.log(text); stream.end(); server.close(); });
        stream.write('through a stream');
      });
      server.on('connection', (socket) => {
        const stream = createWebSocketStream(socket);
        stream.pipe(stream);
      });`;
    expect(await folder.node(code, 'commonjs')).toBe('through a stream');
  });

  it('reach what hawser adds by the same name', async () => {
    const code = `
      import { CloseCode, HandshakeError } from 'ws';
      import { isValidCloseCode } from 'ws/protocol';
      import { WebSocketStream } from 'ws/web';
      console.log(isValidCloseCode(CloseCode.GOING_AWAY), new HandshakeError(401).status, WebSocketStream.name);`;
    expect(await folder.node(code, 'module')).toBe('true 401 WebSocketStream');
  });
});
