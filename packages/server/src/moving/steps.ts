/** Told how far a move has come: how many sessions were looked at, of how many. `total`: null when that is not known. */
export type OnSteps = (steps: number, total: number | null) => void;
