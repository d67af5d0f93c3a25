import type { Examples } from '../example.ts';
import type { OwnRoute } from '../operation.ts';

export const ABOUT = {
  'GET /health': [{ title: 'Roster is there', status: 200, answer: { status: 'ok' } }],
  'GET /openapi.json': [{ title: 'The document', status: 200 }],
  'GET /docs': [{ title: 'The page', status: 200 }],
} as const satisfies Partial<Record<OwnRoute, Examples>>;
