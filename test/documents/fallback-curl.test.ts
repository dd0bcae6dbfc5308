/** The commands of the guide to the fallbacks, typed as they stand there, at the server that it shows. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { startFallback } from '../transports/fallback-server/http-requests.js';
import { readDocument } from './markdown.js';

const { blocks } = readDocument('docs/guide/fallback-transports.md');
const commands = blocks.filter(({ code }) => code.startsWith('curl '));
const [listen, send] = commands.map(({ code }) => code.trim());
const shown = blocks[blocks.findIndex(({ code }) => code.startsWith('curl ')) + 1]?.code ?? '';
const curl = process.env.CURL_PATH ?? 'curl';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs a command of the guide in a shell; only the server's port and curl's place are the test's. */
function type(command: string, port: number): { child: ChildProcess; until(text: string): Promise<string> } {
  const line = command.replace(':8080', `:${port}`).replace(/^curl /, 'exec "$CURL" -sS ');
  const env = { ...process.env, CURL: curl, no_proxy: '*' };
  const child = spawn('sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const until = async (text: string): Promise<string> => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) throw new Error(`curl has ended without ${text}: ${output}`);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    }
    return output;
  };
  return { child, until };
}

/** The server of the guide, `events.ts`: it greets and echoes. */
async function greeter() {
  const { fallback, port } = await startFallback();
  fallback.on('connection', (socket) => {
    socket.send('hello');
    socket.on('message', (text) => {
      socket.send(`echo: ${text}`);
    });
  });
  return { fallback, port };
}

describe('curl', () => {
  it('is in two commands of the guide', () => expect(commands).toHaveLength(2));

  it('reads events as they come, and sends messages', async () => {
    const { port } = await greeter();
    const stream = type(listen as string, port);
    const text = await stream.until('data: hello\n\n');
    const [, session = '', key = ''] = /"session":"([\w-]+)","key":"([\w-]+)"/.exec(text) ?? [];
    expect(text.replaceAll(session, 'SESSION').replaceAll(key, 'KEY')).toBe(`${shown}\n`);

    const post = type((send as string).replace('SESSION', session).replace('KEY', key), port);
    expect((await once(post.child, 'close'))[0]).toBe(0);
    const echoes = await stream.until('echo: two\n\n');
    const data = Array.from(echoes.matchAll(/^data: (.*)$/gm), ([, line]) => line);
    expect(data.slice(1)).toEqual(['hello', 'echo: one', 'echo: two']);
  });

  it('sends nothing without the key', async () => {
    const { port, fallback } = await greeter();
    const stream = type(listen as string, port);
    const [, session = ''] = /"session":"([\w-]+)"/.exec(await stream.until('hello\n\n')) ?? [];
    const post = type((send as string).replace('SESSION', session), port);
    expect(await post.until('}')).toBe('{"code":4408,"reason":"resume impossible"}');
    expect([...fallback.clients].map(({ bufferedAmount }) => bufferedAmount)).toEqual([0]);
  });
});
