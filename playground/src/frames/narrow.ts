/** Whether the page is too narrow for 32 bits or 16 octets in a row. */
import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 44rem)');

/** Follows the width of the window. */
export const isNarrow = signal(query.matches);
query.addEventListener('change', ({ matches }) => {
  isNarrow.value = matches;
});
