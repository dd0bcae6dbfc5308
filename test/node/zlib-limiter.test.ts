import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_ZLIB_CONCURRENCY,
  sharedZlibLimiter,
  type ZlibJobHandle,
  ZlibLimiter,
} from '../../src/node/zlib-limiter.js';
import { UsageError } from '../../src/protocol/errors.js';

describe('ZlibLimiter', () => {
  it('starts at most `limit` jobs and the rest in order of their arrival', () => {
    const limiter = new ZlibLimiter(2);
    const started: number[] = [];
    const dones: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      limiter.run((done) => {
        started.push(i);
        dones.push(done);
      });
    }
    expect(started).toEqual([0, 1]);
    expect([limiter.active, limiter.waiting]).toEqual([2, 3]);
    dones[1]();
    expect(started).toEqual([0, 1, 2]);
    dones[0]();
    dones[2]();
    expect(started).toEqual([0, 1, 2, 3, 4]);
    dones[3]();
    dones[4]();
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('counts a job once, however often it says that it is done', () => {
    const limiter = new ZlibLimiter(1);
    let done = () => {};
    limiter.run((itsDone) => {
      done = itsDone;
    });
    limiter.run(() => {});
    done();
    done();
    expect(limiter.active).toBe(1);
  });

  it('removes a waiting job wherever it stands, and no other', () => {
    for (let cancelled = 0; cancelled < 3; cancelled++) {
      const limiter = new ZlibLimiter(1);
      const started: number[] = [];
      let release = () => {};
      limiter.run((done) => {
        release = done;
      });
      const handles = [0, 1, 2].map((i) =>
        limiter.run((done) => {
          started.push(i);
          done();
        }),
      );
      expect(limiter.cancel(handles[cancelled])).toBe(true);
      expect(limiter.cancel(handles[cancelled])).toBe(false);
      expect(limiter.waiting).toBe(2);
      release();
      expect(started).toEqual([0, 1, 2].filter((i) => i !== cancelled));
      expect(handles.map((handle) => handle.state)).toEqual(['over', 'over', 'over']);
    }
  });

  it('does not cancel a job that has started', () => {
    const limiter = new ZlibLimiter(1);
    const handle = limiter.run(() => {});
    expect(handle.state).toBe('active');
    expect(limiter.cancel(handle)).toBe(false);
    expect(limiter.active).toBe(1);
  });

  it('runs a long queue of jobs that are done at once without recursion', () => {
    const limiter = new ZlibLimiter(1);
    let release = () => {};
    let ran = 0;
    limiter.run((done) => {
      release = done;
    });
    for (let i = 0; i < 100_000; i++) {
      limiter.run((done) => {
        ran++;
        done();
      });
    }
    release();
    expect([ran, limiter.active, limiter.waiting]).toEqual([100_000, 0, 0]);
  });

  it('starts waiting jobs when the limit is raised', () => {
    const limiter = new ZlibLimiter(1);
    for (let i = 0; i < 4; i++) limiter.run(() => {});
    limiter.limit = 3;
    expect([limiter.limit, limiter.active, limiter.waiting]).toEqual([3, 3, 1]);
    limiter.limit = Number.POSITIVE_INFINITY;
    expect([limiter.active, limiter.waiting]).toEqual([4, 0]);
  });

  it.each([0, -1, 1.5, Number.NaN, '3' as unknown as number])('refuses the limit %s', (limit) => {
    expect(() => new ZlibLimiter(limit)).toThrow(UsageError);
    expect(() => {
      new ZlibLimiter().limit = limit;
    }).toThrow(UsageError);
  });

  it('is shared by the process, with a limit of 10', () => {
    expect(sharedZlibLimiter).toBeInstanceOf(ZlibLimiter);
    expect(sharedZlibLimiter.limit).toBe(DEFAULT_ZLIB_CONCURRENCY);
    expect(DEFAULT_ZLIB_CONCURRENCY).toBe(10);
  });

  it('agrees with a plain model for any series of run, done and cancel', () => {
    const step = fc.tuple(fc.constantFrom('run', 'done', 'cancel'), fc.nat(20));
    const series = fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 80 }),
      (limit, steps) => {
        const limiter = new ZlibLimiter(limit);
        const handles: ZlibJobHandle[] = [];
        const dones = new Map<number, () => void>();
        let active: number[] = [];
        let waiting: number[] = [];
        for (const [what, pick] of steps) {
          const job = handles.length === 0 ? 0 : pick % handles.length;
          if (what === 'run') {
            const id = handles.length;
            waiting.push(id);
            handles.push(limiter.run((done) => dones.set(id, done)));
          } else if (what === 'done') {
            dones.get(job)?.();
            active = active.filter((id) => id !== job);
          } else if (handles.length > 0) {
            expect(limiter.cancel(handles[job])).toBe(waiting.includes(job));
            waiting = waiting.filter((id) => id !== job);
          }
          while (active.length < limit && waiting.length > 0) active.push(waiting.shift() as number);
          expect([limiter.active, limiter.waiting]).toEqual([active.length, waiting.length]);
          for (const id of active) expect(handles[id].state).toBe('active');
          for (const id of waiting) expect(handles[id].state).toBe('waiting');
        }
      },
    );
    fc.assert(series, { seed: 6455, numRuns: 300 });
  });
});
