import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/index.js';
import { Alarm, systemClock } from '../../src/transport/clock.js';

describe('Alarm', () => {
  it('goes off at its time, once', () => {
    const clock = new ManualClock();
    let times = 0;
    new Alarm(clock, clock.now() + 1000, () => times++);
    clock.advance(999);
    expect(times).toBe(0);
    clock.advance(1);
    clock.advance(10_000);
    expect(times).toBe(1);
  });

  it('goes off at once when its time has passed', () => {
    const clock = new ManualClock();
    let times = 0;
    new Alarm(clock, clock.now() - 5, () => times++);
    clock.advance(0);
    expect(times).toBe(1);
  });

  it('waits longer than a timer can', () => {
    const clock = new ManualClock();
    const delays: number[] = [];
    const narrow = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
      setTimeout: (callback: () => void, delay: number) => {
        delays.push(delay);
        return clock.setTimeout(callback, delay);
      },
    };
    let times = 0;
    const year = 31_536_000_000;
    new Alarm(narrow, clock.now() + year, () => times++);
    clock.advance(year - 1);
    expect(times).toBe(0);
    clock.advance(1);
    expect(times).toBe(1);
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
  });

  it('goes by the time of day: a machine that slept is late, not wrong', () => {
    const clock = new ManualClock();
    let times = 0;
    new Alarm(clock, clock.now() + 1000, () => times++);
    clock.sleep(5000);
    clock.advance(0);
    expect(times).toBe(1);
  });

  it('can be cancelled', () => {
    const clock = new ManualClock();
    new Alarm(clock, clock.now() + 1, () => expect.unreachable()).cancel();
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });
});

describe('systemClock', () => {
  it('tells the time of day and calls back', async () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(100);
    systemClock.clearTimeout(systemClock.setTimeout(() => expect.unreachable(), 0));
    await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 0));
  });
});
