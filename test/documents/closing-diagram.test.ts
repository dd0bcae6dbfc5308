import { describe, expect, it } from 'vitest';
import {
  type ClosingEvent,
  type ClosingState,
  canReceive,
  canSend,
  closingTransitions,
} from '../../src/protocol/closing-handshake.js';
import { codeNames, readDocument } from './markdown.js';

const guide = readDocument('docs/guide/protocol.md');
const states = Object.keys(closingTransitions) as ClosingState[];
const transitions = states.flatMap((from) =>
  (Object.entries(closingTransitions[from]) as [ClosingEvent, ClosingState][]).map(
    ([event, to]) => `${from} --${event}--> ${to}`,
  ),
);

describe('the diagram of the closing handshake', () => {
  const diagrams = guide.blocks.filter(({ language }) => language === 'mermaid');
  const code = diagrams[0]?.code ?? '';
  // Mermaid's names have no hyphens; the texts of the states have.
  const texts = new Map(
    Array.from(code.matchAll(/^ {2}state "([\w-]+)" as (\w+)$/gm), ([, text, name]) => [name, text]),
  );
  const arrows = Array.from(code.matchAll(/^ {2}(\S+) --> (\S+?)(?:: (\S+))?$/gm), ([, from, to, event]) => ({
    from: texts.get(from) ?? from,
    to: texts.get(to) ?? to,
    event,
  }));

  it('is the only one, and every line of it is understood', () => {
    expect(diagrams).toHaveLength(1);
    expect(code.trimEnd().split('\n')).toHaveLength(1 + texts.size + arrows.length);
  });

  it('has the transitions of the table and no others', () => {
    const drawn = arrows.filter(({ event }) => event !== undefined);
    expect(drawn.map(({ from, to, event }) => `${from} --${event}--> ${to}`).sort()).toEqual(
      transitions.toSorted(),
    );
  });

  it('begins and ends where the handshake does', () => {
    const last = states.filter((state) => Object.keys(closingTransitions[state]).length === 0);
    expect(arrows.filter(({ event }) => event === undefined)).toEqual([
      { from: '[*]', to: 'active', event: undefined },
      ...last.map((state) => ({ from: state, to: '[*]', event: undefined })),
    ]);
  });
});

describe('the tables below it', () => {
  const below = guide.tables.filter(({ headings }) => headings.includes('The closing handshake'));
  const yes = (value: boolean): string => (value ? 'yes' : 'no');

  it('tell in which state what may be sent and is read', () => {
    const rows = below[0]?.rows.map(([state = '', , sends, reads]) => [...codeNames(state), sends, reads]);
    expect(rows).toEqual(states.map((state) => [state, yes(canSend(state)), yes(canReceive(state))]));
  });

  it('tell of every event', () => {
    const events = new Set(states.flatMap((state) => Object.keys(closingTransitions[state])));
    expect(below[1]?.rows.flatMap(([event = '']) => codeNames(event)).sort()).toEqual([...events].sort());
  });
});
