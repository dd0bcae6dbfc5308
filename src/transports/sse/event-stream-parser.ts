/**
 * Reads an event stream (WHATWG HTML §9.2.6), however it was cut. Ids and `retry` are left alone: who reads it here
 * counts messages itself.
 *
 * @param dispatch called with the type and the data of each event
 * @returns a function that takes the next characters
 */
export function eventStreamParser(dispatch: (type: string, data: string) => void): (text: string) => void {
  let type = '';
  let data: string[] = [];
  let line = '';
  let isAfterReturn = false;

  const endLine = (): void => {
    const [, field, value] = /([^:]*):? ?(.*)/s.exec(line) as unknown as [string, string, string];
    if (line === '') {
      if (data.length > 0) dispatch(type || 'message', data.join('\n'));
      type = '';
      data = [];
    } else if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    line = '';
  };

  return (text) => {
    let start = 0;
    // Pieces gather in `line`, so that a long line is looked at once.
    for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) {
      const isRestOfEnd = isAfterReturn && index === 0 && end === '\n';
      line += text.slice(start, index);
      start = index + end.length;
      if (!isRestOfEnd) endLine();
    }
    line += text.slice(start);
    if (text) isAfterReturn = text.endsWith('\r');
  };
}
