import { noRoute } from '../../shared/runtime/action.ts';

export const handler = noRoute('There is no such route. GET /docs shows those there are.');
