/** What the documents show: one session, in the words of the product page. Each example is run by a test. */
export const TOKEN_EXAMPLE = 'rs7d0ZkqkJ4yKcVnB3wTfQ8sLm2XbHgR5uPzE1oA';

export const LOCK_EXAMPLE = 'q7Vd0TkXr3sYc8Lm2HbGg5uPzE1oAwNf';

export const SESSION_EXAMPLE = {
  id: '7d0ZkqkJ4yKcVnB3',
  app: 'shop',
  subject: 'user123',
  createdAt: '2026-11-24T09:00:00.000Z',
  authenticatedAt: '2026-11-24T09:00:00.000Z',
  lastSeenAt: '2026-11-24T09:05:00.000Z',
  expiresAt: '2026-11-24T11:05:00.000Z',
  absoluteExpiresAt: '2026-12-24T09:00:00.000Z',
  idleTimeout: 7200,
  version: 3,
  reads: 12,
  ip: '192.168.99.22',
  userAgent: null,
  label: 'Peter’s phone',
  data: { cart: ['book'] },
};

export const PARTIAL_EXAMPLE = { subject: 'user123', data: { cart: ['book'] } };
