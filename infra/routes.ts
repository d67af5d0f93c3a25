/** `write` includes `read`. */
type Access = 'read' | 'write';

/** The state machines that an action can start, by the name of their file in `infra/workflows`. */
export type Workflow = 'import' | 'export' | 'segment-walk';

/** One route: the function behind it (its path below `functions/`) and what that function may touch. */
export type Route = {
  readonly run: string;
  readonly table?: Access;
  readonly bucket?: Access;
  readonly starts?: Workflow;
  /** Nobody has to show an API key, so nobody's requests are counted. */
  readonly public?: true;
};

/** The whole HTTP API on one screen. Pure data: what an action does is in its file. */
export const routes = {
  'GET /health': { run: 'health/get' },
  'HEAD /health': { run: 'health/get' },
  'GET /openapi.json': { run: 'docs/openapi' },
  'HEAD /openapi.json': { run: 'docs/openapi' },
  'GET /docs': { run: 'docs/page' },
  'HEAD /docs': { run: 'docs/page' },
  $default: { run: 'docs/not-found' },

  'POST /v1/users': { run: 'users/create', table: 'write' },
  'GET /v1/users': { run: 'users/list', table: 'read' },
  'GET /v1/users/{ref}': { run: 'users/get', table: 'read' },
  'PATCH /v1/users/{ref}': { run: 'users/update', table: 'write' },
  'DELETE /v1/users/{ref}': { run: 'users/delete', table: 'write' },

  'GET /v1/properties': { run: 'properties/list', table: 'read' },
  'POST /v1/properties': { run: 'properties/create', table: 'write' },
  'GET /v1/properties/{key}': { run: 'properties/get', table: 'read' },

  'GET /v1/segments': { run: 'segments/list', table: 'write' },
  'POST /v1/segments': { run: 'segments/create', table: 'write', starts: 'segment-walk' },
  'POST /v1/segments/preview': { run: 'segments/preview', table: 'read' },
  'GET /v1/segments/{id}': { run: 'segments/get', table: 'write' },
  'PATCH /v1/segments/{id}': { run: 'segments/update', table: 'write', starts: 'segment-walk' },
  'DELETE /v1/segments/{id}': { run: 'segments/delete', table: 'write', starts: 'segment-walk' },
  'GET /v1/segments/{id}/users': { run: 'segments/list-users', table: 'read' },
  'POST /v1/segments/{id}/members': { run: 'segments/add-members', table: 'write' },
  'PUT /v1/segments/{id}/members': { run: 'segments/replace-members', table: 'write', starts: 'segment-walk' },
  'DELETE /v1/segments/{id}/members': { run: 'segments/remove-members', table: 'write' },
  'DELETE /v1/segments/{id}/members/{ref}': { run: 'segments/remove-member', table: 'write' },

  'GET /v1/imports/template': { run: 'imports/template', table: 'read' },
  'POST /v1/imports': { run: 'imports/create', table: 'write', bucket: 'write' },
  'GET /v1/imports/{id}': { run: 'imports/get', table: 'read' },

  'POST /v1/exports': { run: 'exports/create', table: 'write', starts: 'export' },
  'GET /v1/exports/{id}': { run: 'exports/get', table: 'read' },

  'GET /v1/logs': { run: 'logs/list', table: 'read' },
  'GET /v1/logs/{id}': { run: 'logs/get', table: 'read' },
  'POST /v1/logs/{id}/links': { run: 'logs/create-link', table: 'write', bucket: 'read' },
  'DELETE /v1/logs/{id}/links': { run: 'logs/revoke-links', table: 'write' },
  'GET /d/{token}': { run: 'links/open', table: 'write', bucket: 'read', public: true },
  'HEAD /d/{token}': { run: 'links/open', table: 'write', bucket: 'read', public: true },

  'GET /v1/keys': { run: 'keys/list', table: 'read' },
  'POST /v1/keys': { run: 'keys/create', table: 'write' },
  'DELETE /v1/keys/{id}': { run: 'keys/revoke', table: 'write' },
} as const satisfies Record<string, Route>;
