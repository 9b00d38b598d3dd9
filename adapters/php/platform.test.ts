import { platformTests } from '../contract/platform-tests.ts';

const FILES = "git ls-files '*.php'";

platformTests({
  name: 'PHP',
  folder: new URL('.', import.meta.url),
  tools: [
    ['php', '-r', 'exit((int) (PHP_VERSION_ID < 80100 || !extension_loaded("curl")));'],
    ['phpunit', '--version'],
    ['php', '-r', 'exit((int) !is_file("/usr/share/php/Symfony/Component/HttpFoundation/autoload.php"));'],
  ],
  checks: {
    'php -l finds nothing': ['sh', '-ec', `${FILES} | xargs -n 1 php -l`],
    'each file is of strict types, without tabs and spaces at the ends of lines': [
      'sh',
      '-ec',
      `for file in $(${FILES}); do grep -q 'declare(strict_types=1);' "$file" || { echo "$file"; exit 1; }; done
       ! grep -nP '\\t|\\s$' $(${FILES})`,
    ],
    'the settings of Composer are JSON': [
      'php',
      '-r',
      'json_decode(file_get_contents("composer.json"), false, 512, JSON_THROW_ON_ERROR);',
    ],
  },
  tests: [{ command: ['phpunit', '--log-junit', 'build/tests.xml'], report: 'build/tests.xml' }],
});
