import { platformTests } from '../contract/platform-tests.ts';

platformTests({
  name: 'Ruby',
  folder: new URL('.', import.meta.url),
  tools: [
    ['ruby', '-e', 'exit(RUBY_VERSION >= "3.0")'],
    ['ruby', '-e', 'require "rack"; require "rails"; require "minitest"'],
    ['rake', '--version'],
    ['rubocop', '--version'],
  ],
  checks: {
    'ruby itself has nothing to warn of': ['rake', 'warnings'],
    'rubocop finds nothing': ['rubocop', '--cache-root', 'build/rubocop'],
    'the gem can be built': ['sh', '-ec', 'mkdir -p build && gem build --strict --output build/rest_sessions.gem'],
  },
  tests: [{ command: ['rake', 'test'], report: 'build/tests.xml', env: { REPORT: 'build/tests.xml' } }],
});
