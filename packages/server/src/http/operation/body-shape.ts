/** What an operation says of the body that it takes: below what reads a body, and below what describes it. */
import type { z } from 'zod';

/** A body in one of its media types. `raw`: members whose text is kept, because data is never parsed and written again. */
export interface BodyOf<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly raw?: readonly string[];
  readonly required: boolean;
  readonly example: unknown;
}

/** A body whose whole text is data, or a patch of it. */
export interface WholeBody {
  readonly whole: z.ZodType;
  readonly required: true;
  readonly example: unknown;
}
