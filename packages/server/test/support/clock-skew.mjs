// Loaded into a server process through NODE_OPTIONS: its clock is TEST_CLOCK_SKEW milliseconds ahead of the machine's.
const skew = Number(process.env.TEST_CLOCK_SKEW);
const RealDate = Date;
const now = () => RealDate.now() + skew;

globalThis.Date = class SkewedDate extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now()] : args));
  }
  static now() {
    return now();
  }
};
