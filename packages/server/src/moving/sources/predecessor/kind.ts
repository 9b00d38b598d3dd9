/** `predecessor`: what the command knows of this kind. */
import { type Given, type Source, type SourceKind, UsageFault } from '../../source.ts';

/** What redis-sessions takes when it is told nothing. */
const NAMESPACE = 'rs';

export const predecessor: SourceKind = {
  where: 'redis://HOST:PORT/DB',
  text: 'the Redis of redis-sessions 2, 3 and 4, and so of rest-sessions 2.x',
  app: 'filter',
  options: {
    namespace: { value: 'NAME', text: `in what namespace the sessions are; ${NAMESPACE} without it` },
    remove: { value: null, text: 'remove each session there as soon as it is here, unless it was used meanwhile' },
  },
  open,
};

async function open(where: string, { app, text, has, clock }: Given): Promise<Source> {
  const namespace = text('namespace') ?? NAMESPACE;
  if (namespace === '') throw new UsageFault('--namespace must not be empty');
  const [{ RedisServer }, { Layout }, { checkLayout }, { PredecessorSource }] = await Promise.all([
    import('../redis-server.ts'),
    import('./layout.ts'),
    import('./probe.ts'),
    import('./source.ts'),
  ]);
  const redis = await RedisServer.open(where, '--from');
  const layout = new Layout(namespace);
  try {
    if (has('remove') && !redis.anySlot && !/\{[^}]+\}/.test(namespace)) {
      throw new UsageFault(
        '--remove ends a session in one step, which a Cluster can only do in a namespace with {braces}',
      );
    }
    // Who removes and goes on may find that nothing is left.
    await checkLayout(redis, layout, app, has('remove') && has('continue'));
  } catch (error) {
    redis.close();
    throw error;
  }
  return new PredecessorSource({ redis, layout, app, removes: has('remove'), clock });
}
