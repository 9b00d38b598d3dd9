/** Reads one step ahead: while what came is worked on, the next is on its way. Errors and the end come in their turn. */
export async function* ahead<T>(steps: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = begun(steps);
  try {
    for (;;) {
      const step = await next;
      if (step.done) return;
      next = begun(steps);
      yield step.value;
    }
  } finally {
    void steps.return(undefined).catch(() => {});
  }
}

/** Asks for the next step. That it fails is met where it is awaited. */
function begun<T>(steps: AsyncGenerator<T>): Promise<IteratorResult<T>> {
  const step = steps.next();
  step.catch(() => {});
  return step;
}
