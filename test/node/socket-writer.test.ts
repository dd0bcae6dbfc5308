import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { SocketWriter } from '../../src/node/socket-writer.js';
import { connectSockets, RecordingDuplex, turn } from './connected.js';

class Writer extends SocketWriter {
  readonly changes: boolean[] = [];
  isAwaited = false;

  protected override blockedChanged(blocked: boolean): void {
    this.changes.push(blocked);
  }
}

function writerOn(socket: RecordingDuplex) {
  const writer = new Writer(socket);
  return { writer, changes: writer.changes };
}

describe('bytes that the kernel takes at once', () => {
  it('may be overwritten, and nothing is told', async () => {
    const socket = new RecordingDuplex();
    const { writer, changes } = writerOn(socket);
    expect(writer.write(Buffer.from('a'), undefined)).toBe(true);
    await turn();
    expect(changes).toEqual([]);
    expect(writer.unsentBytes).toBe(0);
    expect(writer.acceptedBytes).toBe(1);
  });

  it('are kept by a Duplex that is no TCP socket, whatever becomes of ours', () => {
    const socket = new RecordingDuplex();
    const { writer } = writerOn(socket);
    const bytes = Buffer.from('kept');
    expect(writer.write(bytes, undefined)).toBe(true);
    bytes.fill('x');
    expect(socket.bytes.toString()).toBe('kept');
  });

  it('header and payload leave in one write, the payload uncopied', () => {
    const socket = new RecordingDuplex();
    const { writer } = writerOn(socket);
    const [header, payload] = [Buffer.from('header'), Buffer.from('payload')];
    expect(writer.write(header, payload)).toBe(true);
    expect(socket.writes).toHaveLength(1);
    expect(socket.writes[0]).toEqual([header, payload]);
    expect(socket.writes[0][1]).toBe(payload);
  });
});

describe('bytes that pile up', () => {
  it('may not be overwritten where TCP has them', async () => {
    const { near, far } = await connectSockets();
    far.pause();
    const writer = new Writer(near);
    writer.write(Buffer.alloc(32 * 1024 * 1024), undefined);
    expect(writer.write(Buffer.from('waits'), undefined)).toBe(false);
  });

  it('are a copy where the socket takes its time, and one write by itself is told of only to who asks', async () => {
    const socket = new RecordingDuplex();
    const { writer, changes } = writerOn(socket);
    const write = vi.spyOn(socket, 'write');
    socket.stall = true;
    const bytes = Buffer.from('kept');
    expect(writer.write(bytes, undefined)).toBe(true);
    bytes.fill('x');
    expect([changes, writer.unsentBytes]).toEqual([[], 4]);
    expect(write).toHaveBeenCalledTimes(1);
    writer.watch();
    expect(changes).toEqual([true]);
    socket.stall = false;
    socket.proceed();
    await turn();
    expect([changes, writer.unsentBytes]).toEqual([[true, false], 0]);
    expect(socket.bytes.toString()).toBe('kept');
    writer.watch();
    expect(changes).toEqual([true, false]);
  });

  it('tell their own end where somebody waits for it, without another write', async () => {
    const socket = new RecordingDuplex();
    const { writer, changes } = writerOn(socket);
    const write = vi.spyOn(socket, 'write');
    socket.stall = true;
    writer.isAwaited = true;
    writer.write(Buffer.from('header'), Buffer.from('payload'));
    expect(changes).toEqual([true]);
    writer.watch();
    socket.proceed();
    await turn();
    expect(changes).toEqual([true, false]);
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('are told of once, and again when none are left', async () => {
    const socket = new RecordingDuplex();
    const { writer, changes } = writerOn(socket);
    socket.stall = true;
    writer.write(Buffer.from('one'), undefined);
    writer.write(Buffer.from('two'), Buffer.from('three'));
    expect(changes).toEqual([true]);
    expect(writer.unsentBytes).toBe(11);
    while (changes.length < 2) {
      socket.proceed();
      await turn();
    }
    expect(changes).toEqual([true, false]);
    expect(socket.bytes.toString()).toBe('onetwothree');
    expect([writer.unsentBytes, writer.acceptedBytes]).toEqual([0, 11]);
    writer.write(Buffer.from('four'), undefined);
    writer.write(Buffer.from('five'), undefined);
    expect(changes).toEqual([true, false, true]);
  });

  it('accepted changes only when some leave, also inside one large write', async () => {
    const { near, far } = await connectSockets();
    far.pause();
    const writer = new Writer(near);
    writer.write(Buffer.alloc(32 * 1024 * 1024), undefined);
    await turn();
    const { acceptedBytes } = writer;
    writer.write(Buffer.alloc(1000), undefined);
    expect(writer.acceptedBytes).toBe(acceptedBytes);
    expect(near.writableLength).toBe(32 * 1024 * 1024 + 1000);
    far.resume();
    let read = 0;
    far.on('data', (bytes) => {
      read += bytes.length;
    });
    while (read < 16 * 1024 * 1024) await once(far, 'data');
    expect(near.writableLength).toBe(32 * 1024 * 1024 + 1000);
    expect(writer.acceptedBytes).toBeGreaterThan(acceptedBytes);
    while (read < 32 * 1024 * 1024 + 1000) await once(far, 'data');
    expect(writer.acceptedBytes).toBe(32 * 1024 * 1024 + 1000);
  });
});

describe('whenWritten', () => {
  it('calls back, never at once, when all has left', async () => {
    const socket = new RecordingDuplex();
    const { writer } = writerOn(socket);
    const results: unknown[] = [];
    writer.write(Buffer.from('a'), undefined);
    writer.whenWritten((error) => results.push(error ?? 'free'));
    expect(results).toEqual([]);
    await turn();
    expect(results).toEqual(['free']);
    socket.stall = true;
    writer.write(Buffer.from('b'), undefined);
    writer.whenWritten((error) => results.push(error ?? 'blocked'));
    await turn();
    expect(results).toEqual(['free']);
    while (results.length < 2) {
      socket.proceed();
      await turn();
    }
    expect(results).toEqual(['free', 'blocked']);
  });

  it('calls back in order, also when nothing waits but what callbacks wait behind', async () => {
    const socket = new RecordingDuplex();
    const { writer } = writerOn(socket);
    const results: string[] = [];
    socket.stall = true;
    writer.write(Buffer.from('a'), undefined);
    writer.whenWritten(() => results.push('first'));
    socket.proceed();
    await turn();
    expect([writer.unsentBytes, results]).toEqual([0, []]);
    writer.whenWritten(() => results.push('second'));
    await turn();
    expect(results).toEqual([]);
    socket.stall = false;
    socket.proceed();
    await turn();
    await turn();
    expect(results).toEqual(['first', 'second']);
  });

  it('calls back with an error where the socket has gone, before or meanwhile', async () => {
    const socket = new RecordingDuplex();
    const { writer } = writerOn(socket);
    const results: unknown[] = [];
    socket.stall = true;
    writer.write(Buffer.from('b'), undefined);
    writer.whenWritten((error) => results.push(error));
    socket.destroy();
    socket.proceed(new Error('cancelled'));
    await turn();
    writer.whenWritten((error) => results.push(error));
    await turn();
    expect(results).toEqual([expect.any(Error), expect.any(Error)]);
  });

  it('tells the error that destroyed the socket', async () => {
    const socket = new RecordingDuplex();
    const { writer } = writerOn(socket);
    const broken = new Error('broken');
    socket.on('error', () => undefined).destroy(broken);
    await turn();
    expect(await new Promise((resolve) => writer.whenWritten(resolve))).toBe(broken);
  });
});

describe('behind the end of the socket', () => {
  it('nothing is written and nothing breaks, and what waits still leaves', async () => {
    const socket = new RecordingDuplex();
    // Each write by itself, so that the first is done while others wait.
    Object.assign(socket, { _writev: null });
    const { writer } = writerOn(socket);
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.stall = true;
    writer.write(Buffer.from('one'), undefined);
    writer.write(Buffer.from('two'), undefined);
    socket.end();
    expect(writer.write(Buffer.from('three'), undefined)).toBe(true);
    const finished = once(socket, 'finish');
    const pump = async () => {
      while (!socket.writableFinished) {
        socket.proceed();
        await turn();
      }
    };
    await Promise.all([finished, pump()]);
    expect(socket.bytes.toString()).toBe('onetwo');
    expect(errors).toEqual([]);
  });
});
