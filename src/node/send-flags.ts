/** How a message is sent. */
export interface SendFlags {
  readonly isBinary: boolean;
  /** Compress it, if permessage-deflate was negotiated. */
  readonly compress: boolean;
  /** Last fragment of its message. */
  readonly fin: boolean;
}

const all: readonly SendFlags[] = Array.from({ length: 8 }, (_, bits) =>
  Object.freeze({ isBinary: (bits & 1) !== 0, compress: (bits & 2) !== 0, fin: (bits & 4) !== 0 }),
);

/** There are only eight of them: a message does not make its own. */
export function sendFlags(isBinary: boolean, compress: boolean, fin: boolean): SendFlags {
  return all[(isBinary ? 1 : 0) | (compress ? 2 : 0) | (fin ? 4 : 0)];
}
