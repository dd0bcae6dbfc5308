import { describe, expect, it } from 'vitest';
import { answerText, plainAnswerText, requestText } from '../../../src/rpc/wire/text.js';

describe('requestText', () => {
  it('has the members in the order of the specification, and none that is not there', () => {
    expect(requestText({ method: 'a"b', params: '[1]', id: 7, meta: { timeout: 5 } })).toBe(
      '{"jsonrpc":"2.0","method":"a\\"b","params":[1],"id":7,"meta":{"timeout":5}}',
    );
    expect(requestText({ method: 'a' })).toBe('{"jsonrpc":"2.0","method":"a"}');
    expect(requestText({ method: 'a', id: null })).toBe('{"jsonrpc":"2.0","method":"a","id":null}');
  });
});

describe('answerText', () => {
  it.each([
    [1, '1'],
    [0.5, '0.5'],
    [null, 'null'],
    ['a"b', '"a\\"b"'],
  ])('repeats the id %j', (id, json) => {
    expect(answerText(id, { result: 'true' })).toBe(`{"jsonrpc":"2.0","result":true,"id":${json}}`);
  });

  it('has an error rather than a result', () => {
    expect(answerText(1, { error: '{"code":1,"message":""}' })).toBe(
      '{"jsonrpc":"2.0","error":{"code":1,"message":""},"id":1}',
    );
  });
});

it('plainAnswerText has the method instead of an id', () => {
  expect(plainAnswerText('a"b', { result: '1' })).toBe('{"method":"a\\"b","result":1}');
  expect(plainAnswerText('a', { error: '2' })).toBe('{"method":"a","error":2}');
});
