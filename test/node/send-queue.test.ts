import { describe, expect, it } from 'vitest';
import { SendQueue, type SendTask } from '../../src/node/send-queue.js';

interface Task extends SendTask {
  finish(): void;
}

function recorder() {
  const events: string[] = [];
  const queue = new SendQueue(
    () => events.push('done'),
    (error) => events.push(`failed ${error.message}`),
  );
  const task = (name: string, options: Partial<SendTask> = {}): Task => {
    let done: () => void = () => undefined;
    return {
      size: 1,
      start: (whenDone) => {
        events.push(`start ${name}`);
        done = whenDone;
      },
      abort: (error) => events.push(`abort ${name} ${error.message}`),
      finish: () => done(),
      ...options,
    };
  };
  const immediate = (name: string) =>
    task(name, {
      start: (done) => {
        events.push(`run ${name}`);
        done();
      },
    });
  return { events, queue, task, immediate };
}

it('runs one task at a time, in order', () => {
  const { events, queue, task } = recorder();
  const tasks = [task('a'), task('b'), task('c')];
  for (const each of tasks) queue.push(each);
  expect(events).toEqual(['start a']);
  tasks[0].finish();
  tasks[1].finish();
  expect(events).toEqual(['start a', 'done', 'start b', 'done', 'start c']);
  expect(queue.busy).toBe(true);
  tasks[2].finish();
  expect(queue.busy).toBe(false);
});

it('counts the bytes that wait, the running task included', () => {
  const { queue, task } = recorder();
  const tasks = [task('a', { size: 10 }), task('b', { size: 5 })];
  for (const each of tasks) queue.push(each);
  expect(queue.bytes).toBe(15);
  tasks[0].finish();
  expect(queue.bytes).toBe(5);
  tasks[1].finish();
  expect(queue.bytes).toBe(0);
});

it('runs 10,000 tasks that are done at once without recursion', () => {
  const { events, queue, task, immediate } = recorder();
  const first = task('first');
  queue.push(first);
  for (let index = 0; index < 10_000; index++) queue.push(immediate(String(index)));
  first.finish();
  expect(queue.busy).toBe(false);
  expect(events.filter((event) => event.startsWith('run'))).toEqual(
    Array.from({ length: 10_000 }, (_, index) => `run ${index}`),
  );
});

it('takes a task that a task pushes, behind those that wait', () => {
  const { events, queue, task, immediate } = recorder();
  const first = task('first');
  queue.push(first);
  queue.push(
    task('nesting', {
      start: (done) => {
        queue.push(immediate('nested'));
        done();
      },
    }),
  );
  queue.push(immediate('waiting'));
  first.finish();
  expect(events.filter((event) => event.startsWith('run'))).toEqual(['run waiting', 'run nested']);
});

it('does not count a task as done twice', () => {
  const { events, queue, task } = recorder();
  const tasks = [task('a', { size: 10 }), task('b', { size: 5 })];
  for (const each of tasks) queue.push(each);
  tasks[0].finish();
  tasks[0].finish();
  expect(queue.bytes).toBe(5);
  expect(events).toEqual(['start a', 'done', 'start b']);
});

describe('endless', () => {
  it('tells of a task that runs or waits and may never end', () => {
    const { queue, task } = recorder();
    const tasks = [task('a'), task('b', { endless: true })];
    queue.push(tasks[0]);
    expect(queue.endless).toBe(false);
    queue.push(tasks[1]);
    tasks[0].finish();
    expect(queue.endless).toBe(true);
    tasks[1].finish();
    expect(queue.endless).toBe(false);
  });
});

describe('abort', () => {
  it('tells every task, and nothing is left', () => {
    const { events, queue, task } = recorder();
    const tasks = [task('a', { size: 10 }), task('b'), task('c')];
    for (const each of tasks) queue.push(each);
    queue.abort(new Error('gone'));
    expect(events).toEqual(['start a', 'abort a gone', 'abort b gone', 'abort c gone']);
    expect([queue.bytes, queue.busy]).toEqual([0, false]);
    tasks[0].finish();
    expect(queue.bytes).toBe(0);
    expect(events).toHaveLength(4);
  });

  it('of an empty queue does nothing', () => {
    const { events, queue } = recorder();
    queue.abort(new Error('gone'));
    expect(events).toEqual([]);
  });
});

it('goes on behind a task that throws when it starts', () => {
  const { events, queue, task, immediate } = recorder();
  const broken = task('broken', {
    start: () => {
      throw new Error('no');
    },
  });
  queue.push(broken);
  queue.push(immediate('next'));
  expect(events).toEqual(['abort broken no', 'done', 'failed no', 'run next', 'done']);
  expect(queue.bytes).toBe(0);
  expect(queue.busy).toBe(false);
});
