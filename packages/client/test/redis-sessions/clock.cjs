// Loaded into a server and into a program that asks it: both have the same clock, which stands still until a test moves it. It is
// the text of a file, TEST_CLOCK: epoch milliseconds.
const { readFileSync } = require('node:fs');

const RealDate = Date;
const now = () => Number(readFileSync(process.env.TEST_CLOCK, 'utf8'));

globalThis.Date = class Clock extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now()] : args));
  }
  static now() {
    return now();
  }
};
