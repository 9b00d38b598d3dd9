/**
 * Builds the console into the server's package, which serves it below /console. `npm run dev -w packages/console` serves the
 * sources instead and sends what is of the server on to one that runs: RS_CONSOLE_SERVER, else http://127.0.0.1:3000.
 */
import { defineConfig } from 'vite';

const server = process.env.RS_CONSOLE_SERVER ?? 'http://127.0.0.1:3000';

export default defineConfig({
  base: '/console/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    outDir: '../server/dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // light-dark() and nesting stay as they are written.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // One file: a view that comes later must not come without its style.
    cssCodeSplit: false,
    // Without it nothing is written into the page, and its script needs no exception of the content security policy.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // Two files and no dozen: what is compressed together is a tenth smaller. Who helps users loads the first alone.
        manualChunks: (id) =>
          /src\/views\/(?:audit|bulk|events|keys|overview|policy|webhooks)\//.test(id) ? 'operator' : 'console',
      },
    },
  },
  server: {
    proxy: {
      '^/console/(?:api/|me$|search$|logout)': { target: server, changeOrigin: true },
      // GET asks both for a page of the console and for the ways to log in.
      '/console/login': {
        target: server,
        changeOrigin: true,
        bypass: ({ headers, url }) => (headers.accept?.includes('text/html') ? url : undefined),
      },
    },
  },
});
