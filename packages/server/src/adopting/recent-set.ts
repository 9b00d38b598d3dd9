/** A set that holds a bounded number of texts: the oldest goes when it is full. */
export class RecentSet {
  private readonly most: number;
  private readonly texts = new Set<string>();

  constructor(most: number) {
    this.most = most;
  }

  has(text: string): boolean {
    return this.texts.has(text);
  }

  add(text: string): void {
    if (this.texts.has(text)) return;
    if (this.texts.size >= this.most) {
      const [oldest] = this.texts;
      this.texts.delete(oldest!);
    }
    this.texts.add(text);
  }
}
