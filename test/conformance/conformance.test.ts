/**
 * hawser over real sockets, in both roles, against a peer that is written by hand: one case per rule of
 * RFC 6455 and RFC 7692. The number of cases in each group is kept in `baseline.json`, so none gets lost.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { closeServers } from './endpoints.js';
import { type ConformanceCase, type FrameCase, frameCases } from './frame-case.js';
import { closeHandling } from './groups/close-handling.js';
import { controlFrames } from './groups/control-frames.js';
import { deflateData } from './groups/deflate-data.js';
import { deflateNegotiationClient, deflateNegotiationServer } from './groups/deflate-negotiation.js';
import { fragmentation } from './groups/fragmentation.js';
import { framingLengths } from './groups/framing-lengths.js';
import { limits } from './groups/limits.js';
import { masking } from './groups/masking.js';
import { openingHandshakeClient } from './groups/opening-handshake-client.js';
import { openingHandshakeServer } from './groups/opening-handshake-server.js';
import { rsvAndOpcodes } from './groups/rsv-and-opcodes.js';
import { streamedMessages } from './groups/streamed-messages.js';
import { utf8 } from './groups/utf8.js';
import { clientHandshakeCases, serverHandshakeCases } from './handshake-case.js';

const frameTables: Record<string, readonly FrameCase[]> = {
  'framing lengths': framingLengths,
  masking,
  'RSV and opcodes': rsvAndOpcodes,
  'control frames': controlFrames,
  fragmentation,
  'UTF-8': utf8,
  'close handling': closeHandling,
  limits,
  'permessage-deflate data': deflateData,
  'streamed messages': streamedMessages,
};
const cases: readonly ConformanceCase[] = [
  ...Object.entries(frameTables).flatMap(([group, table]) => frameCases(group, table)),
  ...serverHandshakeCases('permessage-deflate negotiation', deflateNegotiationServer),
  ...clientHandshakeCases('permessage-deflate negotiation', deflateNegotiationClient),
  ...serverHandshakeCases('opening handshake, server', openingHandshakeServer),
  ...clientHandshakeCases('opening handshake, client', openingHandshakeClient),
];
const groups = [...new Set(cases.map(({ group }) => group))];
const passed = new Map<string, number>(groups.map((group) => [group, 0]));

describe.each(groups)('%s', (group) => {
  const ofGroup = cases.filter((each) => each.group === group);
  it.each(ofGroup)('$role: $name ($section)', async ({ run }) => {
    await run();
    passed.set(group, (passed.get(group) ?? 0) + 1);
  });
});

it('has as many cases as the baseline says', () => {
  const baseline = JSON.parse(readFileSync(new URL('baseline.json', import.meta.url), 'utf8'));
  const counts = Object.fromEntries(
    groups.map((group) => [group, cases.filter((each) => each.group === group).length]),
  );
  expect(counts).toEqual(baseline);
});

it('has no two cases of one name', () => {
  const names = cases.map(({ group, role, name }) => `${group}, ${role}: ${name}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

afterAll(async () => {
  await closeServers();
  const lines = groups.map((group) => {
    const total = cases.filter((each) => each.group === group).length;
    return `  ${group.padEnd(32)}${passed.get(group)} of ${total}`;
  });
  console.log(
    [
      'conformance',
      ...lines,
      `  ${'total'.padEnd(32)}${[...passed.values()].reduce((a, b) => a + b)} of ${cases.length}`,
    ].join('\n'),
  );
});
