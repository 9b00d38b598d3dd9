// `npm run fuzz`: the random requests of the tests, with other seeds and for an hour. FUZZ_SECONDS=N for another time, FUZZ_SEED=N
// to see a failure again, RS_STORE=URL for another store than an embedded one in a temporary folder.
// `npm run fuzz -- lane`: a million random requests on the fast lane and on the ordinary way, which must not differ.
// FUZZ_REQUESTS=N for another number.
import { randomInt } from 'node:crypto';
import { run } from './install.mjs';

process.env.FUZZ_SECONDS ??= '3600';
process.env.FUZZ_SEED ??= String(randomInt(2 ** 31));
const folder = 'packages/server/test/http';
if (process.argv[2] === 'lane') {
  run(process.execPath, ['--import', 'tsx', `${folder}/lane-fuzz.ts`]);
} else {
  run('npm', ['run', 'build', '--silent']);
  run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=spec', `${folder}/fuzz.test.ts`]);
}
