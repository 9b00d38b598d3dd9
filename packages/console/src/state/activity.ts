/** When somebody last did something with the page: what it asks for by itself must not keep a console session alive. */
let usedAt = Date.now();
const listeners: (() => void)[] = [];

for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  // Not there outside of a browser, as in a unit test.
  globalThis.addEventListener?.(
    kind,
    () => {
      usedAt = Date.now();
      for (const listener of listeners) listener();
    },
    { passive: true, capture: true },
  );
}

/** Tells each use of the page. */
export function onUse(listener: () => void): void {
  listeners.push(listener);
}

/** Gives how long ago that was. Units: milliseconds. */
export function sinceUse(): number {
  return Date.now() - usedAt;
}
