/**
 * Which node of a Cluster has which slots, asked again every few seconds for as long as there is a connection.
 *
 * The driver has a timer for this, too, and starts it anew after each answer, also after one that comes when the client is
 * closed: a process that closed its store at such an instant then never ended.
 */
import type { Cluster } from 'ioredis';

/** Units: milliseconds. */
const EVERY = 5000;

/** Begins with each connection of the client, and ends with it. */
export function keepSlots(cluster: Cluster): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  cluster.on('ready', () => {
    stop();
    // Unanswered, it is asked no second time by that.
    timer = setInterval(() => cluster.refreshSlotsCache(), EVERY);
  });
  // Not by `disconnecting`: the driver can say `ready` once more between that and `close`.
  cluster.on('close', stop);
}
