import { expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/index.js';

it('stands still until it is moved', () => {
  const clock = new ManualClock(5000);
  const fired: number[] = [];
  clock.setTimeout(() => fired.push(clock.now()), 100);
  expect([clock.now(), clock.pending]).toEqual([5000, 1]);
  clock.advance(99);
  expect(fired).toEqual([]);
  clock.advance(1);
  expect([fired, clock.now(), clock.pending]).toEqual([[5100], 5100, 0]);
});

it('fires in the order of time, also what is set meanwhile', () => {
  const clock = new ManualClock(0);
  const fired: string[] = [];
  const at = (name: string, then?: () => void) => () => {
    fired.push(`${name} ${clock.now()}`);
    then?.();
  };
  clock.setTimeout(at('late'), 30);
  clock.setTimeout(
    at('early', () => clock.setTimeout(at('between'), 10)),
    10,
  );
  clock.advance(100);
  expect(fired).toEqual(['early 10', 'between 20', 'late 30']);
  expect(clock.now()).toBe(100);
});

it('forgets a timer that was cleared', () => {
  const clock = new ManualClock();
  const timer = clock.setTimeout(() => expect.unreachable(), 10);
  clock.clearTimeout(timer);
  clock.advance(1000);
  expect(clock.pending).toBe(0);
});

it('sleeps without firing, and fires late', () => {
  const clock = new ManualClock(0);
  const fired: number[] = [];
  clock.setTimeout(() => fired.push(clock.now()), 10);
  clock.sleep(1000);
  expect([fired, clock.now()]).toEqual([[], 1000]);
  clock.advance(0);
  expect(fired).toEqual([1000]);
});
