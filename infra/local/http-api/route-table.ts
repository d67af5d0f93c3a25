import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { arns } from '../cloudformation/names.ts';
import { readServicePermissions } from '../iam/services.ts';
import { CannotStart } from '../process/cannot-start.ts';

/** One route of the API: its key as the template spells it, and the function behind it. */
export type Route = {
  readonly key: string;
  readonly method: string;
  readonly segments: string[];
  readonly functionArn: string;
  readonly timeoutMs: number;
};

export type Match = { readonly route: Route; readonly parameters: Record<string, string> };

/** The longest that an HTTP API waits for a function. */
const longestMs = 30_000;

/** The routes of the templates, the more exact ones first. One that the API may not call its function for stops the start. */
export function readRoutes(assembly: Assembly): Route[] {
  const permissions = readServicePermissions(assembly);
  const integrations = new Map(
    assembly.all(kinds.integration).map((one) => [`integrations/${one.name}`, one.settings]),
  );
  return assembly
    .all(kinds.route)
    .map(({ label, settings }) => {
      const integration = integrations.get(settings.Target);
      if (integration === undefined) throw new CannotStart(`The route ${label} has no integration.`);
      const [method = '', path = ''] = settings.RouteKey.split(' ');
      const source = arns.route(settings.ApiId, `$default/${method}${path}`);
      permissions.assertMayInvoke('apigateway.amazonaws.com', source, integration.IntegrationUri);
      return {
        key: settings.RouteKey,
        method,
        segments: path.split('/').slice(1),
        functionArn: integration.IntegrationUri,
        timeoutMs: Math.min(integration.TimeoutInMillis ?? longestMs, longestMs),
      };
    })
    .sort((a, b) => rank(a).localeCompare(rank(b)));
}

/** Fixed segments come before variables, variables before greedy ones, a method before any method. */
function rank({ method, segments }: Route): string {
  const kind = (segment: string) => (segment.endsWith('+}') ? '3' : segment.startsWith('{') ? '2' : '1');
  return segments.map(kind).join('') + (method === 'ANY' ? '9' : '0');
}

/** The route that a decoded path takes: a fitting one, or else `$default`. */
export function findRoute(routes: Route[], method: string, path: string): Match | null {
  const given = path.split('/').slice(1);
  for (const route of routes.filter((one) => one.method === method || one.method === 'ANY')) {
    const parameters = parametersOf(route.segments, given);
    if (parameters !== null) return { route, parameters };
  }
  const fallback = routes.find(({ key }) => key === '$default');
  return fallback === undefined ? null : { route: fallback, parameters: {} };
}

/** The path's values by the names of a route; null when the path is not the route's. */
function parametersOf(segments: string[], given: string[]): Record<string, string> | null {
  const greedy = segments.at(-1)?.endsWith('+}') ?? false;
  if (greedy ? given.length < segments.length : given.length !== segments.length) return null;
  const values = segments.map((segment, i) => (segment.endsWith('+}') ? given.slice(i).join('/') : (given[i] ?? '')));
  const names = segments.map((segment) => /^\{(.+?)\+?\}$/.exec(segment)?.[1]);
  const fits = segments.every((segment, i) => (names[i] === undefined ? segment === values[i] : values[i] !== ''));
  if (!fits) return null;
  return Object.fromEntries(names.flatMap((name, i) => (name === undefined ? [] : [[name, values[i] ?? '']])));
}
