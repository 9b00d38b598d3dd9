import { platformTests } from '../contract/platform-tests.ts';

const MVN = ['mvn', '--batch-mode', '--no-transfer-progress', '--quiet'] as const;
/** What the build has looked at already. */
const ONLY_TESTS = ['-Dspotless.check.skip', '-Dmaven.javadoc.skip', '-Dmaven.source.skip'] as const;

platformTests({
  name: 'Java',
  folder: new URL('.', import.meta.url),
  tools: [
    ['sh', '-c', 'javac --release 17 --version'],
    ['mvn', '--version'],
  ],
  checks: {
    'it builds: javac -Xlint:all and javadoc warn of nothing, google-java-format has nothing to change': [
      ...MVN,
      'verify',
      '-DskipTests',
    ],
  },
  tests: [{ command: [...MVN, 'verify', ...ONLY_TESTS], report: 'target/reports' }],
});
