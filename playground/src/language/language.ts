/** Which language the page speaks: the one chosen before, else the browser's. */
import { computed, effect, signal } from '@preact/signals';
import { chinese } from './chinese.js';
import { english, type Texts } from './english.js';

/** Every language, in the order in which they are offered. */
export const languages: readonly Texts[] = [english, chinese];

const storageKey = 'language';

/** The tag of the present language, such as `en`. */
export const language = signal(initial());

/** The texts of the present language. */
export const texts = computed<Texts>(() => languages.find(({ tag }) => tag === language.value) ?? english);

effect(() => {
  document.documentElement.lang = texts.value.tag;
  document.title = texts.value.title;
});

/** Speaks another language, now and on the next visit. */
export function choose(tag: string): void {
  language.value = tag;
  try {
    localStorage.setItem(storageKey, tag);
  } catch {
    // A browser that keeps nothing may throw here; the choice holds until the page is left.
  }
}

function chosenBefore(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function initial(): string {
  const chosen = chosenBefore();
  if (chosen !== null) return chosen;
  return navigator.languages.find((tag) => /^(en|zh)\b/.test(tag))?.startsWith('zh')
    ? chinese.tag
    : english.tag;
}
