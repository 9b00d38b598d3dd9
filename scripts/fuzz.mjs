// `npm run fuzz`: the random requests of the tests, with other seeds and for an hour. FUZZ_SECONDS=N for another time, FUZZ_SEED=N
// to see a failure again, RS_STORE=URL for another store than an embedded one in a temporary folder.
import { randomInt } from 'node:crypto';
import { run } from './install.mjs';

process.env.FUZZ_SECONDS ??= '3600';
process.env.FUZZ_SEED ??= String(randomInt(2 ** 31));
run('npm', ['run', 'build', '--silent']);
run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=spec', 'packages/server/test/http/fuzz.test.ts']);
