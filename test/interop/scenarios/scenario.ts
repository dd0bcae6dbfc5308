/** What a scenario is, and what the groups of scenarios share. */
import { randomBytes } from '../../node/sample-data.js';
import type { Ability, End, Message } from '../end.js';
import { type Direction, directions, type Scene } from '../scene.js';

export interface Scenario {
  readonly name: string;
  run(): Promise<void>;
}

/** Scenarios of one kind, for a client and a server: those that they are able to play. */
export interface Group {
  readonly name: string;
  scenarios(scene: Scene): readonly Scenario[];
}

/** The directions in which the sender, the receiver or both have the abilities. */
export function directionsWith(
  scene: Scene,
  needs: { readonly from?: readonly Ability[]; readonly to?: readonly Ability[] },
): Direction[] {
  return directions.filter(
    ({ from, to }) =>
      (needs.from ?? []).every((ability) => scene[from].abilities.has(ability)) &&
      (needs.to ?? []).every((ability) => scene[to].abilities.has(ability)),
  );
}

/** Both directions at once: each end sends the messages while the other receives them. */
export async function exchange(
  ends: { client: End; server: End },
  messages: readonly Message[],
): Promise<void> {
  await Promise.all(directions.map(({ from, to }) => transfer(ends[from], ends[to], messages)));
}

/** Sends the messages and compares what comes out. */
export async function transfer(from: End, to: End, messages: readonly Message[]): Promise<void> {
  const sent = Promise.all(messages.map((message) => from.send(message)));
  for (const message of messages) expectSame(await to.message(), message);
  await sent;
}

/** Like `expect(…).toEqual`, which takes long for large Buffers. */
export function expectSame(received: Message, sent: Message): void {
  const isSame =
    typeof sent === 'string'
      ? received === sent
      : typeof received !== 'string' && Buffer.compare(received, sent) === 0;
  if (!isSame) throw new Error(`received ${described(received)} in place of ${described(sent)}`);
}

const described = (message: Message): string =>
  `${typeof message === 'string' ? 'text' : 'binary'} of ${message.length}: ${message.slice(0, 40)}`;

/** Bytes that zlib does not make smaller. */
export const noise = (length: number, seed = 1): Buffer => randomBytes(length, seed);

/** Text of so many bytes. */
export const ascii = (length: number): string =>
  'The quick brown fox. '.repeat(Math.ceil(length / 20)).slice(0, length);
