/** The page of the wire shows exchanges: each of them is played against the server that the page shows. */
import { readFileSync } from 'node:fs';
import { linkedTransports, ManualClock } from 'hawser/testing';
import { describe, expect, it } from 'vitest';
import { isTerminal } from '../../src/browser/close-rules.js';
import { RpcErrorCode } from '../../src/rpc/wire/error-codes.js';
import { exchangeServer } from './exchange-server.js';
import { codeNames, readDocument, root } from './markdown.js';

const page = readDocument('docs/reference/rpc-protocol.md');
const exchanges = page.blocks.filter(({ language }) => language === 'jsonl');

/** Lets microtasks run until nothing is left to do. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A server, and the client that a test is. Its clock stands a minute behind the server's start. */
function play(options: Parameters<typeof exchangeServer>[0], subprotocol: string) {
  const clock = new ManualClock();
  const rpc = exchangeServer({ ...options, clock });
  clock.advance(60_000);
  let received: unknown[] = [];
  const connect = () => {
    const { client, server, cut } = linkedTransports({ subprotocol });
    client.listen({
      message: (data) => received.push(JSON.parse(data as string)),
      drain: () => undefined,
      close: (code, reason) => received.push(`close ${code} ${reason}`),
    });
    rpc.serve(server);
    return { client, cut };
  };
  let { client, cut } = connect();
  return {
    send: (text: string) => client.send(text),
    wait: (milliseconds: number) => clock.advance(milliseconds),
    reconnect: () => {
      cut();
      received = [];
      ({ client, cut } = connect());
    },
    take: async () => {
      await settled();
      return received.splice(0);
    },
  };
}

/** Options of the server by the block's name; the page says which it is. */
const servers: Record<string, Parameters<typeof exchangeServer>[0]> = {
  '': {},
  small: { maxBatch: 2, maxDepth: 4, maxMessageLength: 200, maxConcurrentCalls: 2 },
  tokens: {
    authentication: {
      verify: (token) => {
        if (token !== 'secret') throw new Error('refused');
        return { context: undefined, principal: 'ada', expires: 1_000_000_060_000 + 600_000 };
      },
    },
  },
};

describe('docs/reference/rpc-protocol.md', () => {
  it('shows the server of the examples as it is', () => {
    const [shown] = page.blocks.filter(({ language }) => language === 'ts');
    expect(shown?.code).toBe(readFileSync(`${root}${shown?.name}`, 'utf8'));
  });

  it('has exchanges', () => expect(exchanges.length).toBeGreaterThan(12));

  it.each(exchanges.map(({ name, code }) => [code.split('\n')[0], name, code]))(
    'shows what is answered to %s',
    async (_, name = '', code = '') => {
      const options = servers[name];
      if (options === undefined) throw new Error(`there is no server "${name}"`);
      const { send, wait, reconnect, take } = play(options, '');
      let expected: unknown[] = [];
      let isAnswered = true;
      const compare = async (): Promise<void> => {
        expect(await take()).toEqual(expected);
        expected = [];
        isAnswered = true;
      };
      for (const line of code.trimEnd().split('\n')) {
        const [, mark, text = ''] = /^(-->|<--|\() ?(.*)$/.exec(line) ?? [];
        if (mark === '<--') {
          isAnswered = false;
          expected.push(text.startsWith('close ') ? text : JSON.parse(text));
          continue;
        }
        if (!isAnswered || mark === '(') await compare();
        if (mark === '-->') send(text);
        else if (/^\d+ milliseconds later\)$/.test(text)) wait(Number.parseInt(text, 10));
        else if (text === 'the connection is lost, and another one opens)') reconnect();
        else throw new Error(`not understood: ${line}`);
      }
      await compare();
    },
  );

  it('lists the codes of errors, as the guide does', () => {
    const table = page.tables.find(({ headings }) => headings[0] === 'Error codes');
    const rows = table?.rows.map(([code, name = '']) => [...codeNames(name), Number(code)]);
    expect(rows).toEqual(Object.entries(RpcErrorCode));
    const guide = readDocument('docs/guide/rpc.md').tables.find(
      ({ columns }) => columns[0] === '`RpcErrorCode`',
    );
    expect(guide?.rows.map(([name = '', code]) => [...codeNames(name), Number(code)])).toEqual(rows);
  });
});

describe('docs/guide/reconnection.md', () => {
  const table = readDocument('docs/guide/reconnection.md').tables.find(
    ({ headings }) => headings[0] === 'Close codes',
  );

  it('says of every close code whether it is the last', () => {
    const said = new Map<number, boolean>();
    for (const [codes = '', , next = ''] of table?.rows ?? []) {
      for (const range of codes.split(', ')) {
        const [first = 0, last = first] = range.split('–').map(Number);
        for (let code = first; code <= last; code++) said.set(code, said.get(code) ?? next === 'stays away');
      }
    }
    for (let code = 1000; code < 5000; code++) expect(said.get(code), `${code}`).toBe(isTerminal(code));
  });
});
