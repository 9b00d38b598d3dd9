/** How the end of one session went. `lives`: it has another version than the one it was to end at. */
export interface Ending {
  readonly ended: number;
  readonly lives: boolean;
}
