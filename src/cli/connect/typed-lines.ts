/** Lines that a person types, with history and a prompt that makes room for what comes in. */
import { clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { TypedLine } from './screen.js';

/** What somebody does at the prompt. */
export interface TypedLineEvents {
  line(text: string): void;
  /** Ctrl-C. */
  interrupt(): void;
  /** Ctrl-D. */
  end(): void;
}

/** Opens the prompt; `close` gives the terminal back. */
export function openPrompt(
  input: Readable,
  output: Writable,
  events: TypedLineEvents,
): TypedLine & { close(): void } {
  const prompt = createInterface({ input, output, terminal: true, prompt: '> ', historySize: 1000 });
  let isOpen = true;
  prompt.on('line', (text) => {
    if (text !== '') events.line(text);
    if (isOpen) prompt.prompt();
  });
  prompt.on('SIGINT', () => events.interrupt());
  prompt.on('close', () => {
    isOpen = false;
    events.end();
  });
  prompt.prompt();
  return {
    hide() {
      if (!isOpen) return;
      // A long line has wrapped.
      moveCursor(output, 0, -prompt.getCursorPos().rows);
      cursorTo(output, 0);
      clearScreenDown(output);
    },
    show() {
      if (isOpen) prompt.prompt(true);
    },
    close() {
      prompt.close();
    },
  };
}
