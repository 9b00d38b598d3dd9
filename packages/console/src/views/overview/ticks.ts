/** Where a plot has its lines and its times: at round numbers, as many as there is room for. Pure. */

/** Units: pixels. */
const COUNT_SPACE = 36;
const TIME_SPACE = 64;
/** Units: seconds. */
const TIMES = [300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** Gives the counts from 0 to below `highest`, 1, 2 or 5 times a power of ten apart. `room`: the height in pixels. */
export function countTicks(highest: number, room: number): number[] {
  const most = Math.max(1, Math.floor(room / COUNT_SPACE));
  let apart = 1;
  for (let power = 1; highest / apart > most; power *= 10) {
    apart = [1, 2, 5, 10].map((factor) => factor * power).find((wanted) => highest / wanted <= most) ?? power * 10;
  }
  return Array.from({ length: Math.floor(highest / apart) + 1 }, (_, i) => i * apart);
}

export interface TimeTick {
  readonly index: number;
  /** Epoch seconds. */
  readonly second: number;
}

/** Gives the steps that begin at a round time of the zone. `slot`: how wide a step is, in pixels. */
export function timeTicks(at: readonly number[], step: number, slot: number, zone: 'local' | 'utc'): TimeTick[] {
  const apart = TIMES.find((seconds) => seconds >= step && (seconds / step) * slot >= TIME_SPACE) ?? 86_400;
  return at
    .map((second, index) => ({ index, second }))
    .filter(({ second }) => (second - offsetOf(second, zone)) % apart < step);
}

/** How far the zone is behind UTC. Units: seconds. */
function offsetOf(second: number, zone: 'local' | 'utc'): number {
  return zone === 'utc' ? 0 : new Date(second * 1000).getTimezoneOffset() * 60;
}
