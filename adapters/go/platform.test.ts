import { platformTests } from '../contract/platform-tests.ts';

const MODULES = ['.', 'scsstore', 'gorillastore'];
const STATICCHECK = 'honnef.co/go/tools/cmd/staticcheck@v0.8.2';
const inEach = (command: string) =>
  ['sh', '-ec', MODULES.map((module) => `(cd ${module} && ${command})`).join('\n')] as const;

platformTests({
  name: 'Go',
  folder: new URL('.', import.meta.url),
  tools: [
    ['go', 'version'],
    ['gcc', '--version'],
  ],
  checks: {
    'gofmt has nothing to change': ['sh', '-c', 'test -z "$(gofmt -l .)" || { gofmt -d .; exit 1; }'],
    'go vet finds nothing': inEach('go vet ./...'),
    'staticcheck finds nothing': inEach(`go run ${STATICCHECK} ./...`),
    'each module is tidy': inEach('GOWORK=off go mod tidy -diff'),
    'the stores require the client that is released with them': [
      'sh',
      '-ec',
      `version=$(sed -n '/^## /{s/^## \\([0-9.]*\\).*/\\1/p;q}' CHANGELOG.md)
      for store in scsstore gorillastore; do grep -q "adapters/go v$version$" $store/go.mod; done`,
    ],
    'the codec holds 20,000 texts of a fuzzer': [
      'sh',
      '-c',
      'cd scsstore && go test -run - -fuzz FuzzDecode -fuzztime 20000x .',
    ],
  },
  tests: [{ command: inEach('go test -race -count=1 -json ./...'), report: 'build/tests.json' }],
});
