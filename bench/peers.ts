/** Who is compared: how each peer's server is started, and in which scenarios it can take part. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './scenarios.js';

/** One competitor. */
export interface Peer {
  readonly name: string;
  /** The command of its server; the scenario follows as the last argument, as JSON. */
  readonly command: readonly string[];
  /** The command of the server that answers calls, where that is another one. */
  readonly rpcCommand?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What comes back is what was sent, byte by byte, mask included: no WebSocket at all. */
  readonly echoesBytes: boolean;
  /** Where it stands if it is installed; a peer that is not is reported as missing. */
  readonly files: readonly string[];
  takesPartIn(scenario: Scenario): boolean;
}

const folder = fileURLToPath(new URL('../../../', import.meta.url));
const compiled = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const installed = (path: string): string => `${folder}node_modules/${path}`;
const isEcho = ({ kind }: Scenario): boolean => kind === 'echo';
const isRpc = ({ kind }: Scenario): boolean => kind === 'rpc';
const node = (...args: string[]): string[] => [process.execPath, '--expose-gc', ...args];
const nodeServer = compiled('servers/node.js');
const rpcServer = compiled('servers/rpc.js');
const bufferutil = installed('bufferutil/package.json');

/** The peers in the order of the table; the first that takes part is what the others are compared with. */
export const peers: readonly Peer[] = [
  {
    name: 'ws',
    command: node(nodeServer, 'ws'),
    environment: { WS_NO_BUFFER_UTIL: '1' },
    echoesBytes: false,
    files: [installed('ws/package.json')],
    takesPartIn: ({ kind }) => kind !== 'stream' && kind !== 'rpc',
  },
  {
    name: 'ws + bufferutil',
    command: node(nodeServer, 'ws'),
    environment: {},
    echoesBytes: false,
    files: [installed('ws/package.json'), bufferutil],
    takesPartIn: (scenario) => (isEcho(scenario) && !deflates(scenario)) || scenario.kind === 'client',
  },
  {
    name: 'ws without takeover',
    command: node(nodeServer, 'ws'),
    environment: { WS_NO_BUFFER_UTIL: '1', NO_CONTEXT_TAKEOVER: '1' },
    echoesBytes: false,
    files: [installed('ws/package.json')],
    takesPartIn: deflates,
  },
  {
    name: 'rpc-websockets',
    command: node(rpcServer, 'rpc-websockets'),
    // It brings bufferutil along.
    environment: {},
    echoesBytes: false,
    files: [installed('rpc-websockets/package.json')],
    takesPartIn: isRpc,
  },
  {
    name: 'socket.io',
    command: node(rpcServer, 'socket.io'),
    environment: { WS_NO_BUFFER_UTIL: '1' },
    echoesBytes: false,
    files: [installed('socket.io/package.json'), installed('socket.io-client/package.json')],
    takesPartIn: isRpc,
  },
  {
    name: 'hawser',
    command: node(nodeServer, 'hawser'),
    rpcCommand: node(rpcServer, 'hawser'),
    environment: {},
    echoesBytes: false,
    files: [],
    takesPartIn: () => true,
  },
  {
    name: 'hawser, strings',
    command: node(nodeServer, 'hawser'),
    environment: { TEXT_TYPE: 'string' },
    echoesBytes: false,
    files: [],
    takesPartIn: (scenario) => isEcho(scenario) && 'binary' in scenario && !scenario.binary,
  },
  {
    name: 'Bun',
    command: [installed('.bin/bun'), compiled('servers/bun.js')],
    environment: {},
    echoesBytes: false,
    files: [installed('.bin/bun')],
    takesPartIn: ({ kind }) =>
      kind === 'echo' || kind === 'broadcast' || kind === 'idle' || kind === 'handshake' || kind === 'slow',
  },
  {
    name: 'Deno',
    command: [
      installed('.bin/deno'),
      'run',
      '--allow-net',
      '--allow-read',
      '--allow-env',
      compiled('servers/deno.js'),
    ],
    environment: { DENO_NO_UPDATE_CHECK: '1' },
    echoesBytes: false,
    files: [installed('.bin/deno')],
    takesPartIn: (scenario) =>
      (isEcho(scenario) && !deflates(scenario)) || scenario.kind === 'idle' || scenario.kind === 'handshake',
  },
  {
    name: 'raw net',
    command: node(compiled('servers/net.js')),
    environment: {},
    echoesBytes: true,
    files: [],
    takesPartIn: (scenario) =>
      (isEcho(scenario) && !deflates(scenario)) || scenario.kind === 'idle' || scenario.kind === 'stream',
  },
];

/** Whether a peer can be run on this machine. */
export function isInstalled({ files }: Peer): boolean {
  return files.every((file) => existsSync(file));
}

function deflates(scenario: Scenario): boolean {
  return scenario.kind === 'echo' && scenario.deflate === true;
}
