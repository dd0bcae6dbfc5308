import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/index.js';
import { type Example, Peer, refusal, run, start, stop } from './example.js';

const MIB = 1024 ** 2;
let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-examples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file that cannot be guessed; returns its SHA-256. */
async function writeRandom(path: string, length: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let left = length; left > 0; left -= MIB) {
    const bytes = randomBytes(Math.min(left, MIB));
    hash.update(bytes);
    await file.write(bytes);
  }
  await file.close();
  return hash.digest('hex');
}

/** Runs the client; gives what it says of the file, and its memory in MiB. */
async function client({ ws }: Example, ...args: string[]): Promise<{ digest: string; memory: number }> {
  const program = run('files/client', args, { URL: ws });
  const code = await program.exited;
  expect(program.output.stderr).toBe('');
  expect(code).toBe(0);
  const [, digest = '', memory] = await program.prints(/: (\w{64}), memory: at most (\d+) MiB/);
  return { digest, memory: Number(memory) };
}

async function failingClient({ ws }: Example, ...args: string[]): Promise<string> {
  const program = run('files/client', args, { URL: ws });
  expect(await program.exited).toBe(1);
  return program.output.stderr;
}

describe('files', () => {
  it('takes a large file and gives it back, without having it in memory', { timeout: 120_000 }, async () => {
    const example = await start('files');
    await writeRandom(inFolder('small.bin'), 16 * MIB);
    const digest = await writeRandom(inFolder('large.bin'), 64 * MIB);
    const small = await client(example, 'upload', inFolder('small.bin'));
    const smallBack = await client(example, 'download', 'small.bin', inFolder('small-back.bin'));
    const before = memoryOf(example);
    const large = await client(example, 'upload', inFolder('large.bin'));
    const largeBack = await client(example, 'download', 'large.bin', inFolder('large-back.bin'));
    const after = memoryOf(example);
    expect([large.digest, largeBack.digest]).toEqual([digest, digest]);
    const written = createHash('sha256').update(await readFile(inFolder('large-back.bin')));
    expect(written.digest('hex')).toBe(digest);
    // The large file is 48 MiB larger than the small one: who keeps it needs as much more.
    expect(after - before).toBeLessThan(48);
    expect(large.memory - small.memory).toBeLessThan(48);
    expect(largeBack.memory - smallBack.memory).toBeLessThan(48);
    await stop(example);
  });

  /** What the server said last of its memory. */
  function memoryOf({ output }: Example): number {
    return Number(/.*memory: at most (\d+) MiB/s.exec(output.stdout)?.[1]);
  }

  it('refuses names that are more than a name, and names that are taken or not there', async () => {
    const files = inFolder('files');
    const example = await start('files', { FOLDER: mkdtempSync(files) });
    await writeFile(inFolder('a.txt'), 'once');
    await client(example, 'upload', inFolder('a.txt'));
    expect(await failingClient(example, 'upload', inFolder('a.txt'))).toContain('409');
    expect(await failingClient(example, 'download', 'b.txt')).toContain('404');
    for (const name of ['', '.', '..', '.hidden', '../a.txt', 'a/b', 'a\\b', 'a\0b', 'x'.repeat(101)]) {
      expect(await refusal(`${example.ws}/upload?name=${encodeURIComponent(name)}`)).toBe(400);
      expect(await refusal(`${example.ws}/download?name=${encodeURIComponent(name)}`)).toBe(400);
    }
    await stop(example);
  });

  it('keeps nothing of a file that is too long, damaged or cut off', async () => {
    const kept = mkdtempSync(inFolder('kept-'));
    const example = await start('files', { FOLDER: kept, MAX_SIZE: '1000' });
    const upload = async (name: string): Promise<Peer> => Peer.connect(`${example.ws}/upload?name=${name}`);
    const long = await upload('long');
    long.socket.send(Buffer.alloc(1001));
    expect((await long.closed)[0]).toBe(1009);

    const damaged = await upload('damaged');
    damaged.socket.send(Buffer.alloc(10));
    damaged.socket.send('0'.repeat(64));
    expect(await damaged.closed).toEqual([1011, 'The transfer failed']);

    const cut = await upload('cut');
    cut.socket.send(Buffer.alloc(10), { fin: false });
    cut.socket.close();
    await cut.closed;
    expect(cut.socket.readyState).toBe(WebSocket.CLOSED);

    await example.printsError(/upload of cut: .+/);
    example.child.kill('SIGINT');
    expect(await example.exited).toBe(0);
    expect(readdirSync(kept)).toEqual([]);
  });
});
