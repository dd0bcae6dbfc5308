/** What hawser has set itself: the least ratios and greatest figures that a run has to show. */
import type { MetricName } from './measure.js';
import { type SlowConsumersScenario, scenarios } from './scenarios.js';

/** `hawser` against `versus` in a scenario: how many times better at least, or the figure itself at most. */
export interface Goal {
  readonly scenario: string;
  readonly metric: MetricName;
  readonly versus?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const MiB = 1024 * 1024;
const { slow, maxBufferedAmount } = scenarios.S12 as SlowConsumersScenario;
const cpu = (scenario: string, versus: string, atLeast: number): Goal => ({
  scenario,
  metric: 'cpu',
  versus,
  atLeast,
});

export const goals: readonly Goal[] = [
  cpu('S1', 'ws', 1.1),
  cpu('S1', 'raw net', 0.9),
  cpu('S2', 'ws', 12),
  cpu('S3', 'ws', 3.2),
  cpu('S3', 'ws + bufferutil', 0.95),
  cpu('S4', 'ws', 3.5),
  cpu('S5a', 'ws', 1.1),
  cpu('S5b', 'ws', 12),
  cpu('S6', 'ws', 3),
  cpu('S6', 'ws without takeover', 1.7),
  { scenario: 'S7', metric: 'rss', versus: 'ws', atLeast: 1 / 0.85 },
  { scenario: 'S7', metric: 'heap', versus: 'ws', atLeast: 1 / 0.6 },
  cpu('S8', 'ws', 1.3),
  cpu('S9-64B', 'ws', 8),
  cpu('S9-64K', 'ws', 3),
  cpu('S10-64B', 'ws', 1.05),
  cpu('S10-64K', 'ws', 1.5),
  { scenario: 'S11', metric: 'growth', atMost: 16 },
  { scenario: 'S12', metric: 'limited', atLeast: slow },
  { scenario: 'S12', metric: 'growth', atMost: (slow * maxBufferedAmount) / MiB + 20 },
  { scenario: 'S12', metric: 'slowdown', atMost: 2 },
  { scenario: 'S13-compress', metric: 'delay', atMost: 20 },
  { scenario: 'S13-bomb', metric: 'delay', atMost: 20 },
  cpu('rpc-1', 'rpc-websockets', 1),
  cpu('rpc-1', 'socket.io', 1),
  cpu('rpc-64', 'rpc-websockets', 1),
  cpu('rpc-64', 'socket.io', 1),
];
