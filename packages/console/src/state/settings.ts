/** What a reader chooses: colours, zone of times, language. In the address and nowhere else: nothing is kept in the browser. */
import { computed, effect } from '@preact/signals';
import { query } from './place.ts';

export type Theme = 'light' | 'dark' | 'system';
export type Zone = 'local' | 'utc';
export type Language = 'en' | 'de';

export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

export const theme = computed<Theme>(() => {
  const given = query.value.get('theme');
  return given === 'light' || given === 'dark' ? given : 'system';
});

export const zone = computed<Zone>(() => (query.value.get('zone') === 'utc' ? 'utc' : 'local'));

export const ownLanguage: Language = navigator.languages.some((name) => /^(?:de|en)\b/.test(name))
  ? (navigator.languages.find((name) => /^(?:de|en)\b/.test(name))!.slice(0, 2) as Language)
  : 'en';

export const language = computed<Language>(() => {
  const given = query.value.get('lang');
  return given === 'en' || given === 'de' ? given : ownLanguage;
});

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === 'system') delete dataset.theme;
  else dataset.theme = theme.value;
  document.documentElement.lang = language.value;
});

/** Whether keys of one character do something: they get in the way of those who speak to their computer. */
export const hasKeys = computed(() => query.value.get('keys') !== 'off');
