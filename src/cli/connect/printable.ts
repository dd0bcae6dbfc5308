/** Messages as a terminal may show them. */

/** Octets of a binary message that are shown. */
const shownOctets = 48;

/**
 * Text without what a terminal would obey: a peer's message must not move the cursor or rename the window. Tabs and line
 * feeds stay.
 */
export function printableText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0');
    return `\\x${code}`;
  });
}

/** A binary message's length and first octets. */
export function printableBinary(data: Buffer): string {
  const octets = data.toString('hex', 0, shownOctets).replaceAll(/..(?!$)/g, '$& ');
  const size = data.length === 1 ? '1 byte' : `${data.length} bytes`;
  return `[${size}] ${octets}${data.length > shownOctets ? ' …' : ''}`;
}
