/** Writes values of PHP as its `serialize()` does, byte for byte: references and objects that come again are numbers of places. */
import { floatText } from './float-text.ts';
import { isInstance, type PhpEntries, type PhpValue, type Variable } from './values.ts';

/** Gives the text of an array of these entries. */
export function serialize(entries: PhpEntries): Buffer {
  const writer = new Writer(sharedIn(entries));
  writer.value({ kind: 'array', entries });
  return writer.written();
}

class Writer {
  private readonly parts: Buffer[] = [];
  /** How many places there are so far. */
  private places = 0;
  private readonly placeOfVariable = new Map<Variable, number>();
  private readonly placeOfInstance = new Map<object, number>();
  private readonly shared: ReadonlySet<Variable>;

  constructor(shared: ReadonlySet<Variable>) {
    this.shared = shared;
  }

  variable(variable: Variable): void {
    const isShared = this.shared.has(variable);
    const place = isShared ? this.placeOfVariable.get(variable) : undefined;
    if (place !== undefined) {
      // A reference takes no place of its own.
      this.text(`R:${place};`);
      return;
    }
    if (isShared) this.placeOfVariable.set(variable, this.places + 1);
    this.value(variable.value);
  }

  value(value: PhpValue): void {
    this.places++;
    const place = isInstance(value) ? this.placeOfInstance.get(value) : undefined;
    if (value === null) this.text('N;');
    else if (typeof value === 'boolean') this.text(value ? 'b:1;' : 'b:0;');
    else if (place !== undefined) this.text(`r:${place};`);
    else this.whole(value);
  }

  private whole(value: Exclude<PhpValue, null | boolean>): void {
    if (isInstance(value)) this.placeOfInstance.set(value, this.places);
    switch (value.kind) {
      case 'int':
        this.text(`i:${value.text};`);
        break;
      case 'float':
        this.text(`d:${floatText(value.value)};`);
        break;
      case 'string':
        this.string(value.bytes);
        break;
      case 'array':
        this.text(`a:${value.entries.size}:{`);
        this.entries(value.entries);
        break;
      case 'object':
        this.quoted('O', value.className, `:${value.entries.size}:{`);
        this.entries(value.entries);
        break;
      case 'enum':
        this.quoted('E', value.name, ';');
        break;
      case 'opaque':
        this.quoted('C', value.className, `:${value.text.length}:{`);
        this.parts.push(value.text);
        this.text('}');
    }
  }

  written(): Buffer {
    return Buffer.concat(this.parts);
  }

  private entries(entries: PhpEntries): void {
    for (const { key, variable } of entries.values()) {
      if ('int' in key) this.text(`i:${key.int};`);
      else this.string(key.bytes);
      this.variable(variable);
    }
    this.text('}');
  }

  private string(bytes: Buffer): void {
    this.quoted('s', bytes, ';');
  }

  private quoted(type: string, bytes: Buffer, after: string): void {
    this.text(`${type}:${bytes.length}:"`);
    this.parts.push(bytes);
    this.text(`"${after}`);
  }

  private text(text: string): void {
    this.parts.push(Buffer.from(text, 'latin1'));
  }
}

/** Gives the variables that stand in more than one place below: a single one is no reference by now. */
function sharedIn(entries: PhpEntries): ReadonlySet<Variable> {
  const shared = new Set<Variable>();
  const seen = new Set<Variable | PhpEntries>();
  const look = (of: PhpEntries) => {
    if (seen.has(of)) return;
    seen.add(of);
    for (const { variable } of of.values()) {
      if (seen.has(variable)) {
        shared.add(variable);
        continue;
      }
      seen.add(variable);
      const { value } = variable;
      if (typeof value === 'object' && value !== null && 'entries' in value) look(value.entries);
    }
  };
  look(entries);
  return shared;
}
