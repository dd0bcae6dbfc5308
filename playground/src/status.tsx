/** A line that tells how something went; screen readers read it out when it changes. */
import { type Signal, signal } from '@preact/signals';

/** How a status is meant; errors are coloured, and the text says it as well. */
export interface StatusText {
  /** Made anew where it is shown, so that it follows the page's language. */
  readonly text: () => string;
  readonly tone: 'info' | 'good' | 'error';
}

/** A status that says nothing yet. */
export function statusSignal(): Signal<StatusText> {
  return signal({ text: () => '', tone: 'info' });
}

/** Shows a status. */
export function Status({ of, children }: { of: Signal<StatusText>; children?: preact.ComponentChildren }) {
  const { text, tone } = of.value;
  return (
    <p class="status" role="status" data-tone={tone}>
      {text()}
      {children}
    </p>
  );
}
