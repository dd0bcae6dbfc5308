import { describe, expect, it } from 'vitest';
import { Watchdog } from '../../src/browser/watchdog.js';
import { ManualClock } from '../../src/testing/index.js';
import { testClient } from './test-client.js';
import { settled } from './test-network.js';

function start(options = {}) {
  const clock = new ManualClock();
  const log: string[] = [];
  const begun = clock.now();
  const note = (what: string) => () => log.push(`${what} at ${clock.now() - begun}`);
  const watchdog = new Watchdog({ clock, ping: note('ping'), dead: note('dead') }, options);
  watchdog.start();
  return { clock, watchdog, log };
}

describe('Watchdog', () => {
  it('pings after 25 s of silence, and gives up 10 s later', () => {
    const { clock, log } = start();
    clock.advance(100_000);
    expect(log).toEqual(['ping at 25000', 'dead at 35000']);
  });

  it('is content with any message', () => {
    const { clock, watchdog, log } = start();
    for (let time = 0; time < 10; time++) {
      clock.advance(20_000);
      watchdog.heard();
    }
    expect(log).toEqual([]);
    clock.advance(25_000);
    clock.advance(9999);
    watchdog.heard();
    clock.advance(24_999);
    expect(log).toEqual(['ping at 225000']);
    clock.advance(1);
    expect(log).toEqual(['ping at 225000', 'ping at 259999']);
  });

  it('asks at once when the page has woken, and gives it the usual time', () => {
    const { clock, watchdog, log } = start();
    clock.sleep(3_600_000);
    watchdog.check(true);
    expect(log).toEqual(['ping at 3600000']);
    clock.advance(9999);
    expect(log).toHaveLength(1);
    clock.advance(1);
    expect(log.at(-1)).toBe('dead at 3610000');
  });

  it('does not take its own sleep for the silence of the server', () => {
    const { clock, watchdog, log } = start();
    clock.advance(25_000);
    expect(log).toEqual(['ping at 25000']);
    // The answer came while nothing ran here: it is told to us behind the timer.
    clock.sleep(3_600_000);
    clock.advance(0);
    watchdog.check(true);
    expect(log).toHaveLength(1);
    watchdog.heard();
    clock.advance(24_999);
    expect(log).toHaveLength(1);
  });

  it('looks again a second after it has slept, and then gives up', () => {
    const { clock, log } = start();
    clock.advance(25_000);
    clock.sleep(60_000);
    clock.advance(0);
    expect(log).toHaveLength(1);
    clock.advance(1000);
    expect(log.at(-1)).toBe('dead at 86000');
  });

  it('is not confused by a clock that is set back', () => {
    const { clock, log } = start();
    clock.sleep(-3_600_000);
    clock.advance(3_700_000);
    expect(log[0]).toMatch(/^ping/);
    expect(log).toHaveLength(2);
  });

  it('finds a dead connection though the clock was set back behind the ping', () => {
    const timers = new ManualClock();
    const log: string[] = [];
    let offset = 0;
    // Unlike those of a ManualClock, timers do not care for the time of day.
    const clock = {
      now: () => timers.now() + offset,
      monotonic: () => timers.monotonic(),
      setTimeout: (callback: () => void, delay: number) => timers.setTimeout(callback, delay),
      clearTimeout: (timer: unknown) => timers.clearTimeout(timer),
    };
    const dead = () => {
      log.push('dead');
      watchdog.stop();
    };
    const watchdog = new Watchdog({ clock, ping: () => log.push('ping'), dead });
    watchdog.start();
    timers.advance(26_000);
    offset -= 3_600_000;
    timers.advance(60_000);
    expect(log).toEqual(['ping', 'dead']);
    expect(timers.pending).toBe(0);
  });

  it('sets its timer anew when something is heard behind a timer of its own', () => {
    // Chains of timers are slowed down in hidden tabs: a message starts another chain.
    const { clock, watchdog, log } = start({ interval: 100, timeout: 50 });
    clock.advance(90);
    watchdog.heard();
    clock.advance(10);
    expect(clock.pending).toBe(1);
    watchdog.heard();
    clock.advance(99);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['ping at 200']);
  });

  it('rests while there is no connection', () => {
    const { clock, watchdog, log } = start();
    watchdog.stop();
    watchdog.check(true);
    clock.advance(100_000);
    expect(log).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('does without a worker where there is none', () => {
    const { clock, watchdog, log } = start({ worker: true });
    clock.advance(35_000);
    expect(log).toEqual(['ping at 25000', 'dead at 35000']);
    watchdog.end();
  });
});

describe('the watchdog of a client', () => {
  it('leaves the next attempt alone, which waits for its token', async () => {
    let asked = 0;
    const token = () => (++asked === 1 ? 'abc' : new Promise<string>(() => undefined));
    const watchdog = { interval: 2000, timeout: 1000 };
    const { client, clock, network, open, cut } = testClient({ token, watchdog, connectTimeout: 10_000 });
    await open();
    network.last.send({ jsonrpc: '2.0', result: { expiresIn: null }, id: 'rpc.auth' });
    await settled();
    expect(client.status.state).toBe('open');
    // It has pinged, and waits for the answer.
    clock.advance(2000);
    await cut();
    await open();
    network.last.send({ jsonrpc: '2.0', method: 'hello' });
    for (let time = 0; time < 4000; time += 500) {
      await settled();
      clock.advance(500);
    }
    await settled();
    expect(client.status).toMatchObject({ state: 'connecting', attempt: 1 });
    expect(network.attempts).toHaveLength(2);
  });
});
