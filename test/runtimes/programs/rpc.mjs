/**
 * RPC on the runtime that runs this, with itself: a server of a contract, and clients whose connection is lost. Prints
 * what it saw as one JSON object.
 */
import process from 'node:process';
import { WebSocketServer } from 'hawser';
import { connect } from 'hawser/client';
import { call, contract, query, stream, unchecked } from 'hawser/rpc';
import { rpcServer } from 'hawser/rpc/server';
import { FaultProxy } from 'hawser/testing';

const api = contract({
  add: call({ input: unchecked(), output: unchecked() }),
  pay: call({ input: unchecked(), output: unchecked(), idempotent: true }),
  total: query({ output: unchecked() }),
  numbers: stream({ input: unchecked(), item: unchecked() }),
});
let total = 0;
const rpc = rpcServer(api, {
  add: ({ a, b }) => a + b,
  pay: ({ amount }) => {
    total += amount;
    return total;
  },
  total: () => total,
  numbers: async function* ({ from }) {
    for (let n = from; ; n++) yield n;
  },
});
const server = new WebSocketServer({ ...rpc.webSocketDefaults, host: '127.0.0.1', port: 0 });
server.on('connection', rpc.accept);
await new Promise((resolve) => server.once('listening', resolve));
const proxy = new FaultProxy({ port: server.address().port });
await proxy.listen();
const client = connect(`${proxy.url('ws')}/`, { api, backoff: { initial: 10, max: 50 } });

const sum = await client.call.add({ a: 1, b: 2 });
const refused = await client.request('unknown').catch(({ code }) => code);
const seen = [];
for await (const n of client.call.numbers({ from: 1 }, { reconnect: (last = 0) => ({ from: last + 1 }) })) {
  seen.push(n);
  if (n === 3 || n === 6) proxy.cut();
  if (n === 9) break;
}
const paid = await client.call.pay({ amount: 5 });
const states = [];
client.subscribe(({ state }) => states.push(state));
proxy.cut();
const again = await client.call.total();
client.close();
await proxy.close();
await server.drain({ deadline: 1000 });
console.log(
  JSON.stringify({
    sum,
    refused,
    seen,
    paid,
    again,
    states,
    pending: client.pending,
    connections: rpc.connections.size,
  }),
);
process.exit(0);
