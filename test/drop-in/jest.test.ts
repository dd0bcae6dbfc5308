import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { typescript } from './compilers.js';
import { folderWithWs, type ProjectFolder, peers } from './project-folder.js';

const jest = `${peers}jest/bin/jest.js`;
let folder: ProjectFolder;

const body = `
test('a message comes back', (done) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
    const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
    client.on('open', () => client.send(Buffer.from('hello')));
    client.on('message', (data, isBinary) => {
      expect([data.toString(), isBinary, Buffer.isBuffer(data)]).toEqual(['hello', true, true]);
      client.close(1000, 'done');
    });
    client.on('close', (code, reason) => {
      expect([code, reason.toString()]).toEqual([1000, 'done']);
      server.close(done);
    });
  });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
});
test('the class carries everything', () => {
  expect(WebSocket.Server).toBe(WebSocketServer);
  expect(WebSocket.WebSocket).toBe(WebSocket);
});`;

beforeAll(async () => {
  folder = await folderWithWs();
  folder.write(
    'required.test.js',
    `const WebSocket = require('ws');\nconst { WebSocketServer } = WebSocket;\n${body}`,
  );
  const imported = `import WebSocket, { WebSocketServer } from 'ws';\n${body}`;
  folder.write('imported.test.mjs', imported);
  const compilerOptions = { module: typescript.ModuleKind.CommonJS, esModuleInterop: true };
  folder.write('transpiled.test.js', typescript.transpile(imported, compilerOptions));
});

afterAll(() => folder.remove());

/** Runs Jest on one file; resolves with its counts. */
async function runJest(file: string, ...flags: string[]): Promise<{ passed: number; failed: number }> {
  const args = ['--runTestsByPath', file, '--json', '--outputFile', 'results.json', '--watchman=false'];
  await folder.run(process.execPath, [...flags, jest, ...args, '--cacheDirectory', folder.file('cache')]);
  const results = JSON.parse(readFileSync(folder.file('results.json'), 'utf8'));
  return { passed: results.numPassedTests, failed: results.numFailedTests };
}

it('a test that requires ws passes with the default configuration', async () => {
  expect(await runJest('required.test.js')).toEqual({ passed: 2, failed: 0 });
});

it('a test that TypeScript turns into CommonJS passes', async () => {
  expect(await runJest('transpiled.test.js')).toEqual({ passed: 2, failed: 0 });
});

it('a test that is an ES module passes', async () => {
  const flags = ['--experimental-vm-modules', '--no-warnings'];
  expect(await runJest('imported.test.mjs', ...flags)).toEqual({ passed: 2, failed: 0 });
});
