/**
 * Metrics as text, in the two forms that Prometheus reads: its own (0.0.4) and OpenMetrics (1.0.0), which can also name the
 * trace of a request in each bucket. Bounds are written as OpenMetrics wants them (`1.0`) in both, so that the series of a server are the
 * same whichever form it is asked for.
 */
import type { Exemplar, Family, Series, Snapshot } from './snapshot.ts';

export type Form = 'text' | 'openmetrics';

export function render(snapshot: Snapshot, form: Form): string {
  let text = '';
  for (const family of snapshot) if (family.series.length > 0) text += familyText(family, form);
  return form === 'openmetrics' ? `${text}# EOF\n` : text;
}

function familyText(family: Family, form: Form): string {
  const { name, type, help } = family;
  // In OpenMetrics a counter has the name without what its samples end with.
  const title = form === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  let text = `# HELP ${title} ${escaped(help, form === 'openmetrics')}\n# TYPE ${title} ${type}\n`;
  for (const series of family.series) {
    if (type === 'histogram') text += histogramText(family, series, form);
    else text += `${name}${labelsText(pairs(family, series))} ${numberText(series.value ?? 0)}\n`;
  }
  return text;
}

function histogramText(family: Family, series: Series, form: Form): string {
  const { name, bounds = [] } = family;
  const { counts = [], sum = 0, exemplars } = series;
  const own = pairs(family, series);
  let text = '';
  let count = 0;
  counts.forEach((n, i) => {
    count += n;
    const le = i < bounds.length ? boundText(bounds[i]!) : '+Inf';
    const exemplar = form === 'openmetrics' ? exemplarText(exemplars?.[i]) : '';
    text += `${name}_bucket${labelsText([...own, `le="${le}"`])} ${count}${exemplar}\n`;
  });
  const labels = labelsText(own);
  return `${text}${name}_sum${labels} ${numberText(sum)}\n${name}_count${labels} ${count}\n`;
}

function exemplarText(exemplar: Exemplar | null | undefined): string {
  if (exemplar == null) return '';
  const { traceId, value, at } = exemplar;
  return ` # {trace_id="${escaped(traceId, true)}"} ${numberText(value)} ${at.toFixed(3)}`;
}

function pairs({ labels }: Family, series: Series): string[] {
  return labels.map((label, i) => `${label}="${escaped(series.labels[i] ?? '', true)}"`);
}

function labelsText(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string, quotes: boolean): string {
  if (!/[\\\n"]/.test(text)) return text;
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? plain.replaceAll('"', '\\"') : plain;
}

function boundText(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return `${value}`;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
