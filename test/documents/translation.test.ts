/** The README in Chinese says what the README says: the same programs, links and tables, in the same order. */
import { describe, expect, it } from 'vitest';
import { readDocument } from './markdown.js';

const english = readDocument('README.md');
const chinese = readDocument('README.zh-CN.md');

/** Its links but the one to the other language, in any order: a sentence may turn around. Pictures speak a language too. */
const linksOf = ({ links }: typeof english): string[] =>
  links
    .filter((target) => !/^README\b/.test(target))
    .map((target) => target.replace('-zh-CN.png', '.png'))
    .sort();

describe('README.zh-CN.md', () => {
  it('and README.md name each other at the top', () => {
    expect(english.text).toMatch(/^# hawser\n\nEnglish \| \[简体中文\]\(README\.zh-CN\.md\)\n/);
    expect(chinese.text).toMatch(/^# hawser\n\n\[English\]\(README\.md\) \| 简体中文\n/);
  });

  it('has the code of the README', () => expect(chinese.blocks).toEqual(english.blocks));

  it('has each paragraph in one line, since a line break would show as a space', () => {
    const lines = chinese.text.replaceAll(/^```[\s\S]*?^```$/gm, '').split('\n');
    const isProse = (line = ''): boolean => line !== '' && !/^[#|-]/.test(line);
    expect(lines.filter((line, at) => isProse(line) && at > 0 && lines[at - 1] !== '')).toEqual([]);
  });

  it('has its links and images', () => expect(linksOf(chinese)).toEqual(linksOf(english)));

  it('has its sections, lists and tables', () => {
    const shapeOf = ({ text }: typeof english): string[] =>
      Array.from(
        text.replaceAll(/^```[\s\S]*?^```$/gm, '```').matchAll(/^(?:#+|-|\||```|!\[)/gm),
        ([mark]) => mark,
      );
    expect(shapeOf(chinese)).toEqual(shapeOf(english));
  });

  it('has the names of the README, also those that no link has', () => {
    const spansOf = ({ text }: typeof english): string[] =>
      Array.from(
        text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g),
        ([, span = '']) => span,
      ).sort();
    expect(spansOf(chinese)).toEqual(spansOf(english));
  });
});
