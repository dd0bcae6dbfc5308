import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from '../../../src/rpc/wire/json.js';

function refused(text: string, maxDepth: number): JsonError {
  try {
    parseJson(text, maxDepth);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('parseJson', () => {
  it.each(['null', '1', '"x"', '[]', '{"a":[{"b":1}]}', '{"proto":1,"constructor":2}'])(
    'takes %s',
    (text) => {
      expect(parseJson(text, 3)).toEqual(JSON.parse(text));
    },
  );

  it.each(['', '{', 'undefined', '1 2', "{'a':1}"])('refuses %j, which is no JSON', (text) => {
    expect(refused(text, 3)).toMatchObject({ fault: 'syntax', message: 'Parse error', value: undefined });
  });

  it('bounds how deep arrays and objects are nested, and says what it read', () => {
    expect(parseJson('[{"a":[]}]', 3)).toEqual([{ a: [] }]);
    expect(refused('[{"a":[]}]', 2)).toMatchObject({ fault: 'depth', value: [{ a: [] }] });
    expect(parseJson('1', 0)).toBe(1);
    expect(refused('[]', 0).fault).toBe('depth');
    expect(refused(`${'['.repeat(5000)}${']'.repeat(5000)}`, 64).fault).toBe('depth');
  });

  it.each(['{"__proto__":1}', '[{"a":{"__proto__":null}}]', '{"\\u005f_proto__":{}}'])(
    'refuses the key in %s',
    (text) => {
      expect(refused(text, 5)).toMatchObject({ fault: 'proto', value: expect.anything() });
    },
  );

  it('takes the name as a value', () => {
    expect(parseJson('["__proto__"]', 5)).toEqual(['__proto__']);
  });
});
