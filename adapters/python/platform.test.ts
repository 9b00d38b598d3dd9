import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { platformTests } from '../contract/platform-tests.ts';

const folder = new URL('.', import.meta.url);
const wanted = createHash('sha256')
  .update(readFileSync(new URL('requirements-test.txt', folder)))
  .digest('hex')
  .slice(0, 16);
const PIP = '.venv/bin/pip install --quiet --disable-pip-version-check';

platformTests({
  name: 'Python',
  folder,
  tools: [['python3', '-c', 'import venv, ensurepip, sys; assert sys.version_info >= (3, 10)']],
  prepare: [
    [
      'sh',
      '-ec',
      `[ -f .venv/${wanted} ] && exit
       rm -rf .venv .django-4.2
       python3 -m venv .venv
       ${PIP} -r requirements-test.txt
       ${PIP} --no-build-isolation --no-deps --editable .
       ${PIP} --target .django-4.2 django==4.2.30
       touch .venv/${wanted}`,
    ],
  ],
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
