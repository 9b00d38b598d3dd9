// Loaded into a server process through NODE_OPTIONS: its clock is as far from the machine's as the file TEST_CLOCK_FILE says
// (milliseconds), read again all the time. The file beside it with `.taken` says what the process goes by now.
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env.TEST_CLOCK_FILE;
const RealDate = Date;
let skew = 0;

function read() {
  const text = readFileSync(file, 'utf8');
  if (text === '' || Number(text) === skew) return;
  skew = Number(text);
  writeFileSync(`${file}.taken`, text);
}

globalThis.Date = class DrivenDate extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + skew] : args));
  }
  static now() {
    return RealDate.now() + skew;
  }
};
read();
setInterval(read, 5).unref();
