// What needs no running: types, formatting and lint, generated files in step with their sources.
import { run } from './install.mjs';

run('npx', ['tsc', '-p', 'tsconfig.json']);
// The console is for browsers, whose types nothing else may have.
run('npx', ['tsc', '-p', 'packages/console']);
run('npx', ['biome', 'ci', '--error-on-warnings', '.']);
run(process.execPath, ['--import', 'tsx', 'scripts/generate-docs.ts', '--check']);
