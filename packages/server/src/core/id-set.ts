/**
 * The ids of sessions that were met, for walks over very many: about 16 bytes an id, a sixth of what a Set of texts takes.
 * An id is kept as a number, made from its first two characters and its last eight. That two ids of a million have the same
 * one happens once in 100,000 walks.
 */

/** Characters of an id that are kept: 62 to the eighth is below 2 to the 53rd, so a number holds them exactly. */
const KEPT = 8;
const SMALLEST = 16;

export class IdSet {
  /**
   * By the first two characters: so that one table that must grow holds a 256th, which takes no time worth mentioning.
   * 0 marks a place that is free.
   */
  private readonly tables = new Map<string, { places: Float64Array; used: number }>();

  /** Adds an id. Gives false when it was there. */
  add(id: string): boolean {
    const first = id.slice(0, 2);
    let table = this.tables.get(first);
    if (table === undefined) {
      table = { places: new Float64Array(SMALLEST), used: 0 };
      this.tables.set(first, table);
    }
    if (!enter(table.places, numberOf(id))) return false;
    table.used++;
    if (table.used * 4 > table.places.length * 3) {
      const larger = new Float64Array(table.places.length * 2);
      for (const number of table.places) if (number !== 0) enter(larger, number);
      table.places = larger;
    }
    return true;
  }

  has(id: string): boolean {
    const places = this.tables.get(id.slice(0, 2))?.places;
    if (places === undefined) return false;
    const number = numberOf(id);
    let at = number % places.length;
    while (places[at] !== 0 && places[at] !== number) at = (at + 1) % places.length;
    return places[at] === number;
  }
}

/** Puts a number into the first free place from where it belongs. Gives false when it was there. */
function enter(places: Float64Array, number: number): boolean {
  // Ids are drawn at random, so any part of one spreads evenly.
  let at = number % places.length;
  while (places[at] !== 0) {
    if (places[at] === number) return false;
    at = (at + 1) % places.length;
  }
  places[at] = number;
  return true;
}

function numberOf(id: string): number {
  let number = 0;
  for (let i = id.length - KEPT; i < id.length; i++) number = number * 62 + digitOf(id.charCodeAt(i));
  return number + 1;
}

/** Of base 62: 0–9, A–Z, a–z. */
function digitOf(code: number): number {
  return code < 58 ? code - 48 : code < 91 ? code - 55 : code - 61;
}
