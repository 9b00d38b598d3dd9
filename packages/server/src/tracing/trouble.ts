/** Spans that cannot be sent: told once, until some can. They are given up, and nothing waits for them. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';

export class Trouble {
  private readonly onTrouble: (why: string) => void;
  private readonly onOver: () => void;
  private isTold = false;

  constructor(onTrouble: (why: string) => void, onOver: () => void) {
    this.onTrouble = onTrouble;
    this.onOver = onOver;
  }

  failed(why: string): void {
    if (!this.isTold) this.onTrouble(why);
    this.isTold = true;
  }

  /** Gives an exporter that tells how it goes. */
  watching(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result: ExportResult) => {
          if (result.code === ExportResultCode.SUCCESS) this.wentWell();
          else this.failed(result.error?.message ?? 'the collector does not take them');
          done(result);
        }),
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    };
  }

  private wentWell(): void {
    if (!this.isTold) return;
    this.isTold = false;
    this.onOver();
  }
}
