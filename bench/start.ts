/** Starts the processes of a scenario: what is measured on one core, what makes the load on the other. */
import { fileURLToPath } from 'node:url';
import type { Order } from './loader/main.js';
import type { Peer } from './peers.js';
import { MeasuredProcess } from './processes.js';
import type { Scenario } from './scenarios.js';
import type { LoaderSettings, Transport } from './transports/combinations.js';

const measuredCore = 0;
const loaderCore = 1;
const loaderFile = fileURLToPath(new URL('loader/main.js', import.meta.url));
const clientFile = fileURLToPath(new URL('servers/client.js', import.meta.url));
const transportServerFile = fileURLToPath(new URL('servers/transports.js', import.meta.url));
const transportLoaderFile = fileURLToPath(new URL('loader/transports.js', import.meta.url));
const netClientFile = fileURLToPath(new URL('servers/net-client.js', import.meta.url));

/** The first line that it prints tells its port. */
export function startServer(
  { command, rpcCommand = command, environment }: Peer,
  scenario: Scenario,
): MeasuredProcess {
  const server = scenario.kind === 'rpc' ? rpcCommand : command;
  return new MeasuredProcess([...server, JSON.stringify(scenario)], { core: measuredCore, environment });
}

/** The first line that it prints tells that it has warmed up or, where a client is measured, its port. */
export function startLoader(
  { name, environment, echoesBytes }: Peer,
  scenario: Scenario,
  port: number,
  warmUpSeconds: number,
): MeasuredProcess {
  const order: Order = { scenario, port, peer: name, echoesBytes, warmUpSeconds };
  return new MeasuredProcess([process.execPath, loaderFile, JSON.stringify(order)], {
    core: loaderCore,
    environment,
  });
}

/** A client of the peer's library, which is measured itself or makes the load. */
export function startClient(
  { command, environment, echoesBytes }: Peer,
  scenario: Scenario,
  port: number,
): MeasuredProcess {
  const args = echoesBytes
    ? [netClientFile, String(port)]
    : [clientFile, command.at(-1) as string, JSON.stringify(scenario), String(port)];
  return new MeasuredProcess([process.execPath, ...args], {
    core: scenario.kind === 'client' ? measuredCore : loaderCore,
    environment,
  });
}

/** The server of one transport. The first line that it prints tells its port. */
export function startTransportServer(transport: Transport): MeasuredProcess {
  // V8 tidies up once, 8 s after the warm-up: as much time as thousands of deliveries, of which there may be three.
  const command = [process.execPath, '--no-memory-reducer', transportServerFile, transport];
  return new MeasuredProcess(command, { core: measuredCore });
}

/** The clients of one transport. The first line that it prints tells that they are there. */
export function startTransportLoader(settings: LoaderSettings): MeasuredProcess {
  const command = [process.execPath, transportLoaderFile, JSON.stringify(settings)];
  return new MeasuredProcess(command, { core: loaderCore });
}
