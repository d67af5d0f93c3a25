import { ready } from '../ready.ts';

/** Connects the process to its table before anything else needs it. */
export const connection = { before: () => ready() };
