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
  tests: [
    { command: [...MVN, 'verify', ...ONLY_TESTS], report: 'target/reports' },
    // The same classes with Spring Boot 4, Spring Session 4 and Tomcat 11. The client has no part in that.
    {
      command: [
        ...MVN,
        '-Pspring-boot-4',
        'verify',
        // Who moves in has an older Spring Session.
        '--projects=!moving',
        ...ONLY_TESTS,
        '-Dtest=io.github.restsessions.servlet.**,io.github.restsessions.spring.**',
        '-Dsurefire.failIfNoSpecifiedTests=false',
      ],
      report: 'target/reports-spring-boot-4',
    },
  ],
});
