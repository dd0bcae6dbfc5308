/** What is measured: one entry per scenario, as data. Knows nothing of peers or of how load is made. */

/** Messages go to the server and come back. */
export interface EchoScenario {
  readonly kind: 'echo';
  /** Payload in bytes. */
  readonly size: number;
  readonly binary: boolean;
  readonly connections: number;
  /** Messages of one connection that are under way at a time. */
  readonly inFlight: number;
  readonly tls?: boolean;
  /** JSON documents of `size` bytes, compressed by permessage-deflate. */
  readonly deflate?: boolean;
}

/** The server sends to all. */
export interface BroadcastScenario {
  readonly kind: 'broadcast';
  readonly size: number;
  readonly connections: number;
  readonly messagesPerTick: number;
}

/** Connections that are opened and then do nothing. */
export interface IdleScenario {
  readonly kind: 'idle';
  readonly connections: number;
}

/** Connections that are opened and closed. */
export interface HandshakeScenario {
  readonly kind: 'handshake';
  /** Opened at the same time. */
  readonly connections: number;
}

/** A client sends, and its CPU time counts. */
export interface ClientScenario {
  readonly kind: 'client';
  readonly size: number;
  readonly binary: boolean;
  readonly inFlight: number;
}

/** One message of a gibibyte. */
export interface StreamScenario {
  readonly kind: 'stream';
  readonly bytes: number;
}

/** A broadcast, as long as it takes to fill what the kernel and the server hold for those that do not read. */
export interface SlowConsumersScenario {
  readonly kind: 'slow';
  readonly size: number;
  readonly connections: number;
  /** How many do not read. */
  readonly slow: number;
  /** What the server may hold for each, in bytes; ws has no such bound. */
  readonly maxBufferedAmount: number;
  /** They read after all: what the latency of the others is compared with. */
  readonly allRead?: boolean;
}

/** How long the event loop is kept while large messages are compressed, or bombs inflated. */
export interface EventLoopScenario {
  readonly kind: 'event-loop';
  readonly size: number;
  readonly what: 'compress' | 'bomb';
}

/** Calls that each client makes and the server answers. */
export interface RpcScenario {
  readonly kind: 'rpc';
  readonly connections: number;
  /** Calls of one client that are under way at a time. */
  readonly inFlight: number;
}

export type Scenario =
  | EchoScenario
  | BroadcastScenario
  | IdleScenario
  | HandshakeScenario
  | ClientScenario
  | StreamScenario
  | SlowConsumersScenario
  | EventLoopScenario
  | RpcScenario;

const KiB = 1024;
const MiB = 1024 * KiB;

interface Listed {
  readonly title: string;
  /** How many times the rounds that were asked for, 1 by default. */
  readonly roundFactor?: number;
}

/** By name, in the order in which they run. */
export const scenarios: Readonly<Record<string, Listed & Scenario>> = {
  S1: {
    title: '64 B text, ping-pong',
    // Two processes of the same program differ by 5 % here, which is half of what peers do.
    roundFactor: 3,
    kind: 'echo',
    size: 64,
    binary: false,
    connections: 100,
    inFlight: 1,
  },
  S2: { title: '64 B text, pipelined', kind: 'echo', size: 64, binary: false, connections: 50, inFlight: 64 },
  S3: { title: '64 KiB binary', kind: 'echo', size: 64 * KiB, binary: true, connections: 10, inFlight: 4 },
  S4: { title: '1 MiB binary', kind: 'echo', size: MiB, binary: true, connections: 4, inFlight: 1 },
  S5a: { title: 'broadcast to 1,000', kind: 'broadcast', size: 128, connections: 1000, messagesPerTick: 1 },
  S5b: {
    title: 'broadcast, 16 a tick',
    kind: 'broadcast',
    size: 128,
    connections: 1000,
    messagesPerTick: 16,
  },
  S6: {
    title: '2 KB JSON, compressed',
    kind: 'echo',
    size: 2000,
    binary: false,
    connections: 50,
    inFlight: 4,
    deflate: true,
  },
  S7: { title: '19,000 idle connections', kind: 'idle', connections: 19_000 },
  S8: { title: 'open and close', kind: 'handshake', connections: 16 },
  'S9-64B': { title: 'client sends 64 B', kind: 'client', size: 64, binary: false, inFlight: 64 },
  'S9-64K': { title: 'client sends 64 KiB', kind: 'client', size: 64 * KiB, binary: true, inFlight: 4 },
  'S10-64B': {
    title: 'wss, 64 B ping-pong',
    kind: 'echo',
    size: 64,
    binary: false,
    connections: 100,
    inFlight: 1,
    tls: true,
  },
  'S10-64K': {
    title: 'wss, 64 KiB',
    kind: 'echo',
    size: 64 * KiB,
    binary: true,
    connections: 10,
    inFlight: 4,
    tls: true,
  },
  S11: { title: 'one message of 1 GiB', kind: 'stream', bytes: 1024 * MiB },
  S12: {
    title: '100 of 1,000 do not read',
    kind: 'slow',
    size: 16 * KiB,
    connections: 1000,
    slow: 100,
    maxBufferedAmount: MiB,
  },
  'S13-compress': { title: 'compressing 1 MiB', kind: 'event-loop', size: MiB, what: 'compress' },
  'S13-bomb': { title: 'inflating bombs', kind: 'event-loop', size: 64 * MiB, what: 'bomb' },
  'rpc-1': { title: 'small calls, ping-pong', kind: 'rpc', connections: 50, inFlight: 1 },
  // Below the 256 calls of a connection that hawser's server carries out at once.
  'rpc-64': { title: 'small calls, pipelined', kind: 'rpc', connections: 10, inFlight: 64 },
};
