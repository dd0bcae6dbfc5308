/** Clients that get events by each transport. Those of HTTP are as small as can be: their own cost is not the subject. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'hawser';
import { pollInterval, type ServerEvent, type Transport } from '../transports/combinations.js';
import { addresses } from './connections.js';
import { ResponseReader } from './http-responses.js';

/** One client. */
export interface EventClient {
  /** The warm-up is over. */
  warm?(): void;
}

/** What a client is made of. */
export interface ClientParts {
  readonly port: number;
  /** Its place among all. */
  readonly index: number;
  readonly clients: number;
  readonly receive: (event: ServerEvent) => void;
}

/** Opens a client; resolves when every event from now on will come to it. */
export const openClient: Readonly<Record<Transport, (parts: ClientParts) => Promise<EventClient>>> = {
  'short polling': openShortPolling,
  'long polling': openLongPolling,
  SSE: openEventStream,
  WebSocket: openWebSocket,
};

/** What Chromium sends with a `fetch` of its page's own server; as long a name of the host as most have. */
const browserFields = [
  'Host: events.example.com',
  'Connection: keep-alive',
  'Pragma: no-cache',
  'Cache-Control: no-cache',
  'sec-ch-ua-platform: "Linux"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"',
  'sec-ch-ua-mobile: ?0',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: https://events.example.com/',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9',
].join('\r\n');

function get(target: string, accept: string, key = ''): string {
  const keyField = key === '' ? '' : `hawser-key: ${key}\r\n`;
  return `GET ${target} HTTP/1.1\r\n${browserFields}\r\naccept: ${accept}\r\n${keyField}\r\n`;
}

async function openSocket({ port, index }: ClientParts): Promise<Socket> {
  const socket = connect({ port, host: addresses[index % addresses.length] as string, noDelay: true });
  await once(socket, 'connect');
  socket.setEncoding('latin1').once('close', () => {
    throw new Error('the server has closed a connection');
  });
  return socket;
}

/** Makes requests one behind the other on a connection. */
async function openPolls(parts: ClientParts, answered: (body: string) => void) {
  const socket = await openSocket(parts);
  let received = '';
  const reader = new ResponseReader({
    body(text) {
      received += text;
    },
    end() {
      const body = received;
      received = '';
      answered(body);
    },
  });
  socket.on('data', (text) => reader.read(String(text)));
  return (request: string): void => {
    socket.write(request);
  };
}

/** Polls at a fixed interval, each client at a time of its own; more often at first where there are few to warm up. */
async function openShortPolling(parts: ClientParts): Promise<EventClient> {
  const { index, clients, receive } = parts;
  let after = 0;
  let isWaiting = false;
  const request = await openPolls(parts, (body) => {
    isWaiting = false;
    for (const event of JSON.parse(body) as ServerEvent[]) {
      after = event.number;
      receive(event);
    }
  });
  const poll = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    request(get(`/events?after=${after}`, 'application/json'));
  };
  let timer: NodeJS.Timeout | undefined;
  const pollAt = (time: number, interval: number): void => {
    timer = setTimeout(() => {
      poll();
      // Of a poll that is late the next is not, or there would be fewer.
      pollAt(time + interval, interval);
    }, time - performance.now());
  };
  const begin = (interval: number): void =>
    pollAt(performance.now() + (interval * index) / clients, interval);
  begin(Math.min(clients, pollInterval));
  return {
    warm() {
      clearTimeout(timer);
      begin(pollInterval);
    },
  };
}

interface PollAnswer {
  readonly session?: { readonly key: string };
  readonly messages: readonly string[];
}

/** Does what `pollingDial` does. */
async function openLongPolling(parts: ClientParts): Promise<EventClient> {
  const session = sessionId();
  let key = '';
  let after = 0;
  return new Promise((resolve, reject) => {
    const requested = openPolls(parts, async (body) => {
      const answer = JSON.parse(body) as PollAnswer;
      key ||= answer.session?.key ?? '';
      after += answer.messages.length;
      const request = await requested;
      // Asks first: while it takes events the next ones may come.
      request(get(`/events?session=${session}&after=${after}`, 'application/json', key));
      for (const message of answer.messages) parts.receive(JSON.parse(message));
      resolve({});
    });
    requested.then(
      (request) => request(get(`/events?session=${session}&after=0`, 'application/json')),
      reject,
    );
  });
}

/** Does what `sseDial` does. */
async function openEventStream(parts: ClientParts): Promise<EventClient> {
  const socket = await openSocket(parts);
  return new Promise((resolve) => {
    let pending = '';
    const reader = new ResponseReader({
      body(text) {
        const blocks = (pending + text).split('\n\n');
        pending = blocks.pop() ?? '';
        for (const block of blocks) {
          if (block.startsWith('data: ')) parts.receive(JSON.parse(block.slice(6)));
          else if (block.includes('event: session\n')) resolve({});
        }
      },
      end() {
        throw new Error('the server has ended an event stream');
      },
    });
    socket.on('data', (text) => reader.read(String(text)));
    socket.write(get(`/events?session=${sessionId()}&after=0`, 'text/event-stream'));
  });
}

function sessionId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}

async function openWebSocket({ port, index, receive }: ClientParts): Promise<EventClient> {
  const socket = new WebSocket(`ws://${addresses[index % addresses.length]}:${port}/events`, {
    perMessageDeflate: false,
    textType: 'string',
  });
  socket.on('message', (data) => receive(JSON.parse(String(data))));
  socket.on('close', () => {
    throw new Error('the server has closed a connection');
  });
  await once(socket, 'open');
  return {};
}
