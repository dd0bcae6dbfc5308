import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ComparedEvents } from '../../../src/cli/compare/compared-events.js';
import type { ComparedEvent } from '../../../src/cli/compare/format.js';

const random = (): number => 0.5;
const numbers = (events: readonly string[]): number[] =>
  events.map((event) => (JSON.parse(event) as ComparedEvent).n);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('ComparedEvents', () => {
  it('makes events at the rate that was chosen first, each of about 100 bytes', () => {
    const events = new ComparedEvents(random);
    events.start(5);
    events.start(20);
    vi.advanceTimersByTime(1000);
    expect(numbers(events.after(0))).toEqual([1, 2, 3, 4, 5]);
    for (const event of events.after(0)) {
      expect(event.length).toBeGreaterThan(90);
      expect(event.length).toBeLessThan(110);
    }
  });

  it('has them come between half of the time and one and a half', () => {
    const times = [0, 0.999];
    const events = new ComparedEvents(() => times.shift() ?? 0.5);
    events.start(1);
    vi.advanceTimersByTime(499);
    expect(events.last).toBe(0);
    vi.advanceTimersByTime(1);
    expect(events.last).toBe(1);
    vi.advanceTimersByTime(1498);
    expect(events.last).toBe(1);
    vi.advanceTimersByTime(1);
    expect(events.last).toBe(2);
  });

  it('gives those behind a number, whatever that is', () => {
    const events = new ComparedEvents(random);
    events.start(1);
    vi.advanceTimersByTime(3000);
    expect(numbers(events.after(1))).toEqual([2, 3]);
    for (const after of [3, 4, Number.NaN, Infinity]) expect(events.after(after)).toEqual([]);
    expect(numbers(events.after(-1000))).toEqual([1, 2, 3]);
  });

  it('tells each to who follows, those before included, until that is over', () => {
    const events = new ComparedEvents(random);
    const followed: string[] = [];
    events.start(1);
    vi.advanceTimersByTime(2000);
    const leave = events.follow((event) => followed.push(event));
    vi.advanceTimersByTime(1000);
    leave();
    vi.advanceTimersByTime(1000);
    expect(numbers(followed)).toEqual([1, 2, 3]);
  });

  it('is over when it is stopped, and does not begin again', () => {
    const events = new ComparedEvents(random);
    events.start(1);
    vi.advanceTimersByTime(1000);
    events.stop();
    events.start(1);
    vi.advanceTimersByTime(10_000);
    expect([events.last, events.isOver, vi.getTimerCount()]).toEqual([1, true, 0]);
  });

  it('keeps 2000 events, and ends by itself', () => {
    const events = new ComparedEvents(random);
    events.start(20);
    vi.advanceTimersByTime(50 * 2500);
    expect(events.after(0)).toHaveLength(2000);
    expect(numbers(events.after(0))[0]).toBe(501);
    vi.advanceTimersByTime(50 * 20_000);
    expect([events.last, events.isOver, vi.getTimerCount()]).toEqual([12_000, true, 0]);
  });
});
