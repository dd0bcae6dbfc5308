/**
 * The guard of the hot path: what a message costs, counted and not timed, so that it cannot flake. The programs of
 * `hot-path/` count, each in a process that does nothing else; this file says what may come out.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Figures as HeapFigures } from './hot-path/heap.js';
import type { Figures as MemoryFigures } from './hot-path/memory.js';
import type { Figures as WriteFigures } from './hot-path/writes.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const KiB = 1024;

/** Bundles a program with the sources and runs it. */
async function figuresOf<Figures>(program: string, flags: readonly string[] = []): Promise<Figures> {
  const outfile = `${root}node_modules/.cache/hot-path/${program}.js`;
  await build({
    absWorkingDir: root,
    entryPoints: [`test/gates/hot-path/${program}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'error',
  });
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, outfile], {
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return JSON.parse(stdout) as Figures;
}

describe('writes', () => {
  let figures: WriteFigures;
  beforeAll(async () => {
    figures = await figuresOf('writes');
  });

  it('500 echoes of one read leave in one', () => {
    expect(figures.echoesOfOneRead).toEqual({ messages: 500, reads: 1, writes: 1 });
  });

  it.each(['server', 'client'] as const)('500 messages that a %s sends in one turn leave in one', (role) => {
    expect(figures.sendsOfOneTurn[role]).toEqual({ atOnce: 0, leftInTurn: 1, writes: 1 });
  });

  it('a message that is alone leaves within its turn', () => {
    expect(figures.loneEcho).toEqual({ leftInTurn: 1, writes: 1 });
    expect(figures.loneSend.server).toMatchObject({ leftInTurn: 1, writes: 1 });
    expect(figures.loneSend.client).toMatchObject({ leftInTurn: 1, writes: 1 });
  });

  it('an echo of 64 KiB leaves in one, of its header and its payload', () => {
    const { messages, writes, pieces } = figures.largeEcho;
    expect({ messages, writes }).toEqual({ messages: 1, writes: 1 });
    expect(pieces).toBeLessThanOrEqual(2);
  });

  it('16 broadcasts of one turn leave in one for each connection', () => {
    expect(figures.broadcasts.writes).toEqual(Array(10).fill(1));
  });
});

describe('allocations, copies and checks', () => {
  let figures: MemoryFigures;
  beforeAll(async () => {
    figures = await figuresOf('memory');
  });

  it('500 small echoes of one read make no memory, and a view each; each is copied once, into the write', () => {
    const { allocations, views, copied } = figures.smallEchoes;
    expect({ allocations, copied }).toEqual({ allocations: 0, copied: 500 * 64 });
    // One more for what is written.
    expect(views).toBeLessThanOrEqual(501);
  });

  it.each(['Binary', 'Text'] as const)('%s in one read is handed out as it came', (kind) => {
    const { reads, isOfRead, copied, allocations } = figures[`receive${kind}InOneRead`];
    expect({ reads, isOfRead, copied, allocations }).toEqual({
      reads: 1,
      isOfRead: true,
      copied: 0,
      allocations: 0,
    });
  });

  it.each(['Binary', 'Text'] as const)('%s that spans reads is copied once', (kind) => {
    const { reads, copied, allocations } = figures[`receive${kind}InReads`];
    expect(reads).toBeGreaterThanOrEqual(8);
    expect({ copied, allocations }).toEqual({ copied: 256 * KiB, allocations: 1 });
  });

  it('a server passes a large payload on', () => {
    const { copied, allocations, byReference } = figures.serverSends;
    expect({ copied, allocations, byReference }).toEqual({ copied: 0, allocations: 0, byReference: true });
  });

  it.each([
    ['64 KiB', 'clientSends', 64 * KiB],
    ['256 KiB', 'clientSendsMore', 256 * KiB],
  ] as const)('a client copies %s once and leaves them as they are', (_size, name, size) => {
    const { copied, unchanged, byReference } = figures[name];
    expect({ copied, unchanged, byReference }).toEqual({ copied: size, unchanged: true, byReference: false });
  });

  it.each(['prepared', 'broadcast'] as const)('ten connections write the same bytes: %s', (way) => {
    const { shared, copied, allocations } = figures.sharing[way];
    // Once, into the frame.
    expect({ shared, copied, allocations }).toEqual({ shared: true, copied: 16 * KiB, allocations: 1 });
  });

  it('ten connections write the same bytes: a Buffer sent to each', () => {
    const { shared, copied, allocations } = figures.sharing.buffer;
    expect({ shared, copied, allocations }).toEqual({ shared: true, copied: 0, allocations: 0 });
  });

  it.each(['otherFromClient', 'asciiFromServer', 'otherFromServer', 'fragmentsFromClient'] as const)(
    'text is judged once and decoded once: %s',
    (kind) => {
      expect(figures.validations[kind]).toEqual({ judged: 32 * KiB, decoded: 32 * KiB });
    },
  );

  it('ASCII that was masked is judged by unmasking it', () => {
    expect(figures.validations.asciiFromClient).toEqual({ judged: 0, decoded: 32 * KiB });
  });
});

/** Less than the smallest object, which takes 32 bytes: one more for each message is one too many. */
const SPARE = 24;

describe('memory of a message of 64 bytes', () => {
  let figures: HeapFigures;
  beforeAll(async () => {
    const generation = ['--min-semi-space-size=512', '--max-semi-space-size=512'];
    const collector = ['--no-incremental-marking', '--no-memory-reducer'];
    figures = await figuresOf('heap', [...generation, ...collector, '--no-opt', '--no-maglev']);
  });

  it('is measured without a garbage collection', () => {
    expect(figures.collections).toBe(0);
  });

  /**
   * Bytes of the JavaScript heap, without the optimizing compilers, which save about half of them: the greater of what
   * Node.js 20.20 and 26.10 measure, which comes out the same each time. `SPARE` is for other versions.
   */
  it.each([
    ['decodeText', 104.7],
    ['decodeBinary', 104.2],
    ['decodeAtClient', 104.2],
    ['serverSendsText', 382.8],
    ['serverSendsBuffer', 221],
    ['clientSendsText', 381.1],
    ['clientSendsBuffer', 221.1],
    ['echo', 431.9],
  ] as const)('%s takes %d bytes of the heap', (name, measured) => {
    expect(figures.messages[name].heap).toBeLessThan(measured + SPARE);
  });

  it('takes no memory of Buffers', () => {
    const names = Object.entries(figures.messages).filter(([, { buffers }]) => buffers > 0);
    expect(names).toEqual([]);
  });
});
