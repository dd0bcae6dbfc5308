import { once } from 'node:events';
import { differential } from './differential.js';
import { connected, stop } from './endpoints.js';

differential('echo', [
  {
    name: 'text and binary come back',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation);
      accepted.on('message', (data, isBinary) => accepted.send(data, { binary: isBinary }));
      for (const data of ['hello', Buffer.from([1, 2, 3])]) {
        client.send(data);
        const [received, isBinary] = await once(client, 'message');
        trace('message', received, isBinary);
      }
      client.close(1000, 'bye');
      const [code, reason] = await once(client, 'close');
      trace('close', code, reason, client.readyState);
      await stop(server);
    },
  },
]);
