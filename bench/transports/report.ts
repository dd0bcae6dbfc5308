/** The table of transports for the terminal. */
import { align, number } from '../table.js';
import { combinations } from './combinations.js';
import { type TransportResult, titleOf } from './measure.js';

const header = [
  '',
  'deliveries',
  'bytes each',
  'p50 ms',
  'p99 ms',
  'requests each',
  'per client and s',
  'server CPU µs each',
  'server %',
  'loader %',
];

/** A block for each combination, a row for each transport. */
export function transportTable(results: readonly TransportResult[]): string {
  const blocks = combinations.flatMap((combination) => {
    const rows = results.filter(
      ({ clients, rate }) => clients === combination.clients && rate === combination.rate,
    );
    return rows.length === 0 ? [] : [[titleOf(combination)], ...rows.map(row)];
  });
  const title = 'transports: what an event costs that is delivered to a client';
  return `${title}\n${align([header, ...blocks])}`;
}

function row(result: TransportResult): string[] {
  return [
    `  ${result.transport}`,
    number(result.deliveries, 0),
    number(result.bytes, 0),
    number(result.p50 ?? Number.NaN, 2),
    number(result.p99 ?? Number.NaN, 2),
    number(result.requests, 3),
    number(result.requestRate, 2),
    number(result.cpu, 1),
    number(result.serverBusy * 100, 1),
    number(result.loaderBusy * 100, 1),
  ];
}
