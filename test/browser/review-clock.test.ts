import { expect, it } from 'vitest';
import { connect } from '../../src/browser/client.js';
import { call, contract } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../src/testing/index.js';
import { settled, testNetwork } from './test-network.js';

const any = unchecked<any>();
it('a client whose clock is set back by 30 s never makes the server run a call twice', async () => {
  const api = contract({ pay: call({ output: any, idempotent: true }) });
  const network = testNetwork();
  const server = new ManualClock();
  const client = connect('ws://x', {
    api,
    dial: network.dial,
    clock: network.clock,
    watchdog: false,
    random: () => 0.5,
  });
  let runs = 0;
  const start = () => rpcServer(api, { pay: () => ++runs }, { clock: server });
  const first = start();
  await settled();
  network.last.accept();
  first.serve(network.last.server);
  // The answer is lost.
  network.last.transport.pause();
  let got: unknown;
  client.call.pay(undefined, { timeout: 600_000 }).then(
    (v) => {
      got = v;
    },
    (e) => {
      got = e;
    },
  );
  await settled();
  expect(runs).toBe(1);
  network.last.cut();
  await settled();
  server.advance(20_000);
  const second = start();
  server.advance(80_000);
  network.clock.sleep(100_000);
  network.clock.adjust(-30_000);
  client.reconnect();
  await settled();
  network.last.accept();
  second.serve(network.last.server);
  await settled();
  expect({ runs, got: String(got) }).toMatchObject({ runs: 1 });
  client.close();
});
it('url(): close() while dial is under way ends the transport', async () => {
  const network = testNetwork();
  const client = connect('ws://x', { dial: network.dial, clock: network.clock, watchdog: false });
  await settled();
  client.close();
  await settled();
  expect(network.live).toBe(0);
});
