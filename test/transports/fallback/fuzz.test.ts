import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Dial } from '../../../src/transport/dial.js';
import type { HttpOptions } from '../../../src/transports/fallback/http-session.js';
import { pollingDial } from '../../../src/transports/polling/client.js';
import { sseDial } from '../../../src/transports/sse/client.js';
import { processErrors } from '../../rpc/process-errors.js';
import { dialed, foreignAnswers, settled, taken } from './recorded-fetch.js';

const opening = { session: 'x', key: 'secret', protocol: '' };
const value = fc.oneof(
  fc.constantFrom(null, true, 0, 1000, 1e9, '', 'a', [], {}, [1000, ''], [1000], ['a'], opening, { key: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Answers to polls: near to what a server says, and far from it. */
const pollAnswer = fc.oneof(
  fc
    .record({ session: value, messages: value, close: value }, { requiredKeys: [] })
    .map((answer) => JSON.stringify(answer)),
  fc
    .record({ messages: fc.array(fc.oneof(fc.string(), value), { maxLength: 4 }) })
    .map((answer) => JSON.stringify(answer)),
  value.map((answer) => JSON.stringify(answer)),
  fc.string({ maxLength: 40 }),
);

const event = fc.oneof(
  fc
    .tuple(fc.constantFrom('session', 'close', 'json', 'message', 'other'), value)
    .map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`),
  fc.constantFrom(
    `event: session\ndata: ${JSON.stringify(opening)}\n\n`,
    'data: a\n\n',
    ':\n\n',
    'data',
    '\r',
    '\n',
  ),
  fc.string({ maxLength: 20 }),
);
const stream = fc.array(event, { maxLength: 6 }).map((events) => events.join(''));

const json = (body: string) => new Response(body, { headers: { 'content-type': 'application/json' } });
const events = (body: string) => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
const foreign = fc.constantFrom(...Object.values(foreignAnswers)).map((make) => make);

type Answer = () => Response;

/** Gives a client these answers, and expects that it keeps its word to its user. */
async function check(
  dial: (options: HttpOptions) => Dial,
  first: Answer,
  answers: readonly Answer[],
): Promise<void> {
  const client = dialed(dial);
  await settled();
  await client.get().answer(first());
  client.transport.send('up');
  await settled();
  let answered = 1;
  for (const answer of answers) {
    await client.pass(2000, 2000);
    for (const post of client.posts()) await post.answer(taken());
    if (client.gets().length > answered) {
      answered = client.gets().length;
      await client.get().answer(answer());
    }
  }
  const told = client.events.map((text) => text.split(' ', 1)[0]);
  if (told.length > 0) expect(['open', 'close']).toContain(told[0]);
  expect(told.filter((name) => name === 'open').length).toBeLessThanOrEqual(1);
  expect(told.indexOf('close')).toSatisfy((at: number) => at === -1 || at === told.length - 1);
  for (const text of client.events)
    if (text.startsWith('close')) expect(text).toMatch(/^close [1-9]\d{3,} ?/);
  client.transport.terminate();
  await settled();
  await client.pass(2000, 2000);
  expect(client.events.filter((text) => text.startsWith('close'))).toHaveLength(1);
  expect(client.get().init.signal?.aborted).toBe(true);
  expect(client.clock.pending).toBe(0);
}

/** The next answer to each request. */
const answersOf = (body: fc.Arbitrary<string>, response: (body: string) => Response) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: body.map((text) => () => response(text)) },
      { weight: 1, arbitrary: foreign },
    ),
    {
      maxLength: 4,
    },
  );

it('a polling client survives whatever it is answered, and leaves nothing behind', async () => {
  const opened = () => json(JSON.stringify({ session: opening, messages: [] }));
  const first = fc.oneof(
    { weight: 4, arbitrary: fc.constant(opened) },
    { weight: 1, arbitrary: pollAnswer.map((text) => () => json(text)) },
  );
  const anything = fc.asyncProperty(first, answersOf(pollAnswer, json), (begin, rest) =>
    check(pollingDial, begin, rest),
  );
  expect(await processErrors(() => fc.assert(anything, { seed: 6455, numRuns: 300 }))).toEqual([]);
});

it('a client of event streams survives whatever comes on them, and leaves nothing behind', async () => {
  const opened = () => events(`event: session\ndata: ${JSON.stringify(opening)}\n\n`);
  const first = fc.oneof(
    { weight: 4, arbitrary: fc.constant(opened) },
    { weight: 1, arbitrary: stream.map((text) => () => events(text)) },
  );
  const anything = fc.asyncProperty(first, answersOf(stream, events), (begin, rest) =>
    check(sseDial, begin, rest),
  );
  expect(await processErrors(() => fc.assert(anything, { seed: 6455, numRuns: 300 }))).toEqual([]);
});
