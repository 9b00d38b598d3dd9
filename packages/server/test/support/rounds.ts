/**
 * How long a race is run. What goes wrong once in a hundred tries is found by many tries, and `npm test` is for everybody and
 * every change: there a race has a part of its rounds. `npm run test:races` runs the same tests with all of them.
 */
const ALL = process.env.RS_TEST_ROUNDS === 'all';

/** Gives how many of the rounds of a guarantee (design 5) are run now. `share`: the part of them that `npm test` runs. */
export function rounds(all: number, share: number): number {
  return ALL ? all : Math.ceil(all * share);
}
