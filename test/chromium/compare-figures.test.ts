/** What the view that compares makes of events and pings, without a browser. */
import { describe, expect, it } from 'vitest';
import { History } from '../../playground/src/compare/history.js';
import { Lane } from '../../playground/src/compare/lane.js';
import { ServerClock } from '../../playground/src/compare/server-clock.js';

const event = (n: number, at = n * 1000) => ({ n, at, text: '' });

describe('Lane', () => {
  it('counts what is missing, comes twice or comes late', () => {
    const faults = (...numbers: number[]): number => {
      const lane = new Lane('sse');
      for (const n of numbers) lane.take(event(n), 0);
      return lane.figures().faults;
    };
    expect(faults(1, 2, 3)).toBe(0);
    expect(faults(1, 2, 2, 3)).toBe(1);
    expect(faults(1, 4)).toBe(2);
    expect(faults(3)).toBe(2);
    expect(faults(1, 3, 2, 4)).toBe(2);
  });

  it('has quantiles of latency, which is not less than 0', () => {
    const lane = new Lane('sse');
    expect(lane.figures()).toMatchObject({ median: undefined, p99: undefined, bytesPerEvent: undefined });
    for (let n = 1; n <= 200; n++) lane.take(event(n), n * 1000 + 200 - n);
    expect(lane.figures()).toMatchObject({ median: 99, p99: 197, events: 200 });
    lane.take(event(201), 0);
    expect(lane.latencies[200]).toBe(0);
  });

  it('divides bytes in both directions by events', () => {
    const lane = new Lane('sse');
    lane.cost = { requests: 1, up: 300, down: 500 };
    for (const n of [1, 2, 3, 4]) lane.take(event(n), 0);
    expect(lane.figures().bytesPerEvent).toBe(200);
  });

  it('keeps the newest events alone', () => {
    const lane = new Lane('sse');
    for (let n = 1; n <= 1000; n++) lane.take(event(n), n * 1000);
    const { passages } = lane.figures();
    expect([passages.length, passages.at(-1)]).toEqual([160, { at: 1_000_000, received: 1_000_000 }]);
  });
});

describe('ServerClock', () => {
  it('believes the quickest of the last 20 pings', () => {
    const clock = new ServerClock();
    expect(clock.at(5)).toBe(5);
    clock.take(0, 100, 1080);
    expect(clock.at(0)).toBe(1030);
    clock.take(200, 210, 1205);
    clock.take(300, 400, 1399);
    expect(clock.at(0)).toBe(1000);
    for (let ping = 0; ping < 20; ping++) clock.take(1000, 1100, 3050);
    expect(clock.at(0)).toBe(2000);
  });
});

describe('History', () => {
  it('has the latency of each event of each lane at the second at which it happened', () => {
    const lanes = [new Lane('short'), new Lane('sse')] as const;
    const history = new History(lanes);
    history.begin(1000);
    for (const n of [1, 2]) {
      history.note(event(n, 1000 + n * 500));
      lanes[1].take(event(n, 1000 + n * 500), 1000 + n * 500 + n * 10);
    }
    history.note(event(1));
    expect(history.latencies()).toEqual({
      times: [0.5, 1],
      lines: [
        [null, null],
        [10, 20],
      ],
    });
  });

  it('thins the older half out when there are too many points', () => {
    const lanes = [new Lane('short')];
    const history = new History(lanes);
    history.sample(0);
    expect(history.bytes()).toEqual({ times: [], lines: [[]] });
    history.begin(1000);
    for (let sample = 0; sample <= 1200; sample++) history.sample(1000 + sample * 1000);
    const { times } = history.bytes();
    expect([times.length, times[0], times.at(-2), times.at(-1)]).toEqual([601, 1, 1199, 1200]);
  });

  it('keeps the newest 300 events', () => {
    const lanes = [new Lane('short')];
    const history = new History(lanes);
    history.begin(1000);
    for (let n = 1; n <= 1000; n++) {
      history.note(event(n));
      lanes[0]?.take(event(n), n * 1000 + n);
    }
    const { times, lines } = history.latencies();
    expect([times.length, lines[0]?.[0], lines[0]?.at(-1)]).toEqual([300, 701, 1000]);
  });
});
