/** One thing that hawser does otherwise than ws, as the migration guide lists it. Markdown without line ends. */
export interface Difference {
  /** What ws 8.23 does. */
  readonly ws: string;
  /** What hawser does. */
  readonly hawser: string;
  /** Why, and what to do for who needs the other behaviour. */
  readonly reason: string;
}
