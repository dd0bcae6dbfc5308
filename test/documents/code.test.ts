/**
 * Compiles the TypeScript of the documents as a user would, in a folder of its own with the built package, and
 * runs what can be run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/index.js';
import { anyPort } from './any-port.js';
import { allDocuments, type CodeBlock, readDocument, root } from './markdown.js';

const documents = allDocuments();
const readme = readDocument('README.md');
let folder: string;
let compilerOutput: string;

/** Programs that need another one, which listens. */
const servers: Record<string, string> = {
  'docs/guide/rpc/client.js': 'docs/guide/rpc/server',
  'docs/guide/fallback-transports/client.js': 'docs/guide/fallback-transports/server',
};

/** Where a block goes: its own name or its number, in a folder for each document. */
function fileOf(document: string, block: CodeBlock, index: number): string {
  return join(document.replace(/\.md$/, ''), block.name === '' ? `block-${index + 1}.ts` : block.name);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-documents-'));
  write('package.json', '{ "name": "reader", "private": true, "type": "module" }\n');
  write('any-port.mjs', anyPort);
  const tsconfig = readme.blocks.find(({ name }) => name === 'tsconfig.json')?.code ?? '';
  write('tsconfig.json', tsconfig.replace('"*.ts"', '"**/*.ts"'));
  for (const { path, blocks } of documents) {
    const typescript = blocks.filter(({ language }) => language === 'ts');
    for (const [index, block] of typescript.entries()) write(fileOf(path, block, index), block.code);
  }
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'hawser'));
  for (const name of ['@types/node', 'jose', 'undici-types', 'zod']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  compilerOutput = compile();
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(): string {
  try {
    return execFileSync(`${root}node_modules/.bin/tsc`, ['--noEmitOnError', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('the TypeScript of the documents', () => {
  const withCode = documents
    .map(({ path, blocks }) => [path, blocks.filter(({ language }) => language === 'ts')] as const)
    .filter(([, blocks]) => blocks.length > 0);

  it('is there', () => expect(withCode.flatMap(([, blocks]) => blocks).length).toBeGreaterThan(20));

  it.each(withCode)('compiles: %s', (path) => {
    const prefix = `${path.replace(/\.md$/, '')}/`;
    expect(compilerOutput.split('\n').filter((line) => line.startsWith(prefix))).toEqual([]);
  });

  it('compiles as a whole, with the declarations of the package', () => expect(compilerOutput).toBe(''));

  it('is not hidden in blocks of other names', () => {
    const languages = new Set(documents.flatMap(({ blocks }) => blocks.map(({ language }) => language)));
    expect([...languages].sort()).toEqual([
      'haproxy',
      'html',
      'http',
      'json',
      'jsonl',
      'mermaid',
      'nginx',
      'sh',
      'text',
      'ts',
    ]);
  });
});

describe('a program', () => {
  const shown = documents.flatMap(({ path, blocks }) => {
    const typescript = blocks.filter(({ language }) => language === 'ts');
    return blocks.flatMap((block, at) => {
      const before = blocks[at - 1];
      if (block.language !== 'text' || before?.language !== 'ts') return [];
      const file = fileOf(path, before, typescript.indexOf(before)).replace(/\.ts$/, '.js');
      return [{ file, output: block.code }];
    });
  });

  it('or a command stands above every output', () => {
    const above = documents.flatMap(({ blocks }) =>
      blocks.flatMap(({ language }, at) => (language === 'text' ? [blocks[at - 1]?.language] : [])),
    );
    expect(above.filter((language) => language !== 'ts' && language !== 'sh')).toEqual([]);
  });

  it('with its output below it stands in the guide', () => expect(shown.length).toBeGreaterThan(10));

  it.each(shown.filter(({ file }) => !(file in servers)))(
    'prints what stands below it: $file',
    ({ file, output }) => expect(run(file)).toBe(output),
  );

  it.each(Object.entries(servers))(
    'prints what stands below it, beside its server: %s',
    async (file, server) => {
      const { url } = await start(server);
      const lines = await printed(file.replace(/\.js$/, ''), url);
      expect(`${lines.join('\n')}\n`).toBe(shown.find((program) => program.file === file)?.output);
    },
  );

  it('of the reference tells what it says', () => {
    const output = run('docs/reference/protocol/block-1.js');
    expect(output).toContain('message: Hello\n');
    // RFC 6455 §5.5.1: FIN and opcode 8, six bytes, code 1000, the reason.
    expect(output).toMatch(/^to the peer: <Buffer 88 06 03 e8 64 6f 6e 65> ?$/m);
  });
});

function run(file: string): string {
  return execFileSync(process.execPath, [join('out', file)], { cwd: folder, encoding: 'utf8' });
}

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts a compiled program, such as `README/server`; resolves with its port, and its lines as they come. */
async function start(name: string): Promise<{ url: string; child: ChildProcess; lines: Lines }> {
  const args = ['--import', './any-port.mjs', `out/${name}.js`];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines = new Lines(child);
  const port = (await lines.find((line) => line.startsWith('PORT '))).slice('PORT '.length);
  return { url: `ws://127.0.0.1:${port}`, child, lines };
}

/** What a compiled program prints until it ends. */
async function printed(name: string, ...args: string[]): Promise<string[]> {
  const child = spawn(process.execPath, [`out/${name}.js`, ...args], { cwd: folder });
  children.push(child);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  return lines;
}

describe('the README', () => {
  it('ends with an echo server and a client that run', async () => {
    const { url, lines } = await start('README/server');
    expect(await lines.find((line) => line.startsWith('listening on'))).toContain('127.0.0.1');
    expect(await printed('README/client', url)).toEqual(['echo: hello', 'closed: 1000 done']);
    await lines.find((line) => line === 'closed: 1000 done');
  });

  it('has a page whose script opens what the server listens on', () => {
    const page = readme.blocks.find(({ name }) => name === 'index.html')?.code ?? '';
    const server = readme.blocks.find(({ name }) => name === 'server.ts')?.code ?? '';
    const port = /\?\? (\d+)/.exec(server)?.[1];
    expect(page).toContain(`new WebSocket('ws://127.0.0.1:${port}')`);
    const [, script = ''] = /<script>([\s\S]+)<\/script>/.exec(page) ?? [];
    expect(() => new Function(script)).not.toThrow();
  });

  it('authenticates', async () => {
    const { url } = await start('README/authenticate');
    const known = new WebSocket(url, { headers: { Authorization: 'Bearer 7b1c' } });
    const [welcome] = await once(known, 'message');
    expect(String(welcome)).toBe('Welcome, Ada');
    known.terminate();
    const [error] = await once(new WebSocket(url), 'error');
    expect(error).toMatchObject({ code: 'WS_ERR_UNEXPECTED_RESPONSE', status: 401 });
    const page = new WebSocket(url, { origin: 'https://elsewhere.example' });
    expect((await once(page, 'error'))[0]).toMatchObject({ status: 403 });
  });

  it('echoes more than the buffers hold', async () => {
    const { url } = await start('README/backpressure');
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const count = 200;
    const message = Buffer.alloc(65_536, 1);
    for (let index = 0; index < count; index++) socket.send(message);
    let received = 0;
    for await (const echo of socket) {
      received += echo.length;
      if (received === count * message.length) break;
    }
    expect(received).toBe(count * message.length);
    socket.terminate();
  });

  it('iterates, and tells of a connection that is lost', async () => {
    const { url, lines } = await start('README/iterate');
    const socket = new WebSocket(url);
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('HELLO');
    socket.send(Buffer.from('bytes'));
    expect(String((await once(socket, 'message'))[0])).toBe('bytes');
    socket.terminate();
    await lines.find((line) => line === 'lost: 1006');
  });

  it('calls', async () => {
    const { url } = await start('README/rpc');
    const page = readFileSync(join(folder, 'out/README/page.js'), 'utf8');
    write('out/README/page-here.js', page.replace('ws://127.0.0.1:8085', url));
    expect(await printed('README/page-here')).toEqual(['open', '70', '1', '2', '3', 'closed']);
  });

  it('drains', async () => {
    const { url, child, lines } = await start('README/drain');
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    child.kill('SIGTERM');
    expect((await closed)[0]).toBe(1001);
    await lines.find((line) => line === '1 closed, 0 terminated');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});

/** The lines that a process prints, to be waited for. */
class Lines {
  private readonly lines: string[] = [];
  private wake: () => void = () => undefined;

  constructor({ stdout }: ChildProcess) {
    createInterface({ input: stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.lines.push(line);
      this.wake();
    });
  }

  /** The first line that fits; waits for it as long as the test may. */
  async find(fits: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.lines.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
