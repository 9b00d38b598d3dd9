/**
 * Names that begin with `_` are the frameworks' own: what one of them keeps in a session (`_express`, `_django`) is neither shown to the
 * applications of the others nor written by them, for some make objects of what they read there. Where an application has such a name of
 * its own, that is below the name of its framework, with a key for itself: `_x` is `_express._x` on the server. So two pages at once keep what both wrote.
 */
export class OwnNames {
  private readonly privateKey: string;

  /** `privateKey`: under which the framework's own state is. */
  constructor(privateKey: string) {
    this.privateKey = privateKey;
  }

  /** Gives what the application has of the data. */
  shown(data: object): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(data).flatMap(([key, value]) => {
        const name = key.startsWith(`${this.privateKey}._`) ? key.slice(this.privateKey.length + 1) : key;
        return name === key && key.startsWith('_') ? [] : [[name, value]];
      }),
    );
  }

  /** Gives the key that a name of the application has on the server. */
  kept(name: string): string {
    return name.startsWith('_') ? `${this.privateKey}.${name}` : name;
  }

  /** Gives values of the application by their keys on the server. */
  keptOf(values: object): Record<string, unknown> {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [this.kept(name), value]));
  }
}
