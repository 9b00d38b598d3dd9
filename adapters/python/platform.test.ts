import { platformTests } from '../contract/platform-tests.ts';

platformTests({
  name: 'Python',
  folder: new URL('.', import.meta.url),
  tools: [['python3', '-c', 'import venv, ensurepip, sys; assert sys.version_info >= (3, 10)']],
  prepare: [['python3', 'prepare.py']],
  checks: {
    'ruff finds nothing': ['.venv/bin/ruff', 'check', '.'],
    'ruff has nothing to format': ['.venv/bin/ruff', 'format', '--check', '.'],
    'mypy --strict finds nothing': ['.venv/bin/mypy'],
    'it builds, and its description is well formed': [
      'sh',
      '-ec',
      'rm -rf dist && .venv/bin/python -m build --no-isolation --outdir dist . && .venv/bin/twine check --strict dist/*',
    ],
  },
  tests: [
    { command: ['.venv/bin/pytest', '--quiet', '--junit-xml=build/junit.xml'], report: 'build/junit.xml' },
    {
      command: ['.venv/bin/pytest', '--quiet', '--junit-xml=build/django-4.2.xml', 'tests/test_django.py'],
      report: 'build/django-4.2.xml',
      env: { PYTHONPATH: '.django-4.2' },
    },
  ],
});
