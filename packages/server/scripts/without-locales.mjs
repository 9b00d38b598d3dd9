/** For esbuild: leaves out the messages of zod in 60 languages. Nobody sees them, because faults are told in words of our own. */
export const withoutLocales = {
  name: 'without locales',
  setup({ onLoad }) {
    onLoad({ filter: /zod[/\\]v4[/\\]locales[/\\]index\.(js|cjs)$/ }, () => ({ contents: 'export {}' }));
  },
};
