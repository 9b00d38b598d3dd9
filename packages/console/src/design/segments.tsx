/** One of few: radio buttons that look like parts of one control. */
import { useId } from 'preact/hooks';

export interface SegmentsProps {
  readonly legend: string;
  /** Whether the legend is read aloud only. Default: false. */
  readonly isLegendHidden?: boolean;
  readonly value: string;
  /** Value and text. */
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}

export function Segments({ legend, isLegendHidden = false, value, options, onChoose }: SegmentsProps) {
  const name = useId();
  return (
    <fieldset class="segments-field">
      <legend class={isLegendHidden ? 'hidden-visually' : ''}>{legend}</legend>
      <div class="segments">
        {options.map(([one, text]) => (
          <label key={one}>
            <input type="radio" name={name} checked={value === one} onChange={() => onChoose(one)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
