import type * as z from 'zod/mini';
import type { kinds } from '../cloudformation/kinds.ts';

export type CorsSettings = NonNullable<z.output<typeof kinds.api.properties>['CorsConfiguration']>;

/**
 * The headers that an HTTP API with CORS adds for an origin; none when the origin is not allowed. The API answers
 * preflight requests itself, and puts its own headers in place of a function's.
 * Source: "Configuring CORS for an HTTP API", API Gateway developer guide.
 */
export function corsHeaders(settings: CorsSettings, origin: string, preflight: boolean): Record<string, string> {
  const allowed = settings.AllowOrigins?.includes('*') || settings.AllowOrigins?.includes(origin);
  if (!allowed) return {};
  const list = (values: string[] | undefined) => values?.join(',');
  const headers = {
    'access-control-allow-origin': settings.AllowOrigins?.includes('*') ? '*' : origin,
    'access-control-allow-credentials': settings.AllowCredentials ? 'true' : undefined,
    'access-control-expose-headers': list(settings.ExposeHeaders),
    ...(preflight && {
      'access-control-allow-methods': list(settings.AllowMethods),
      'access-control-allow-headers': list(settings.AllowHeaders),
      'access-control-max-age': settings.MaxAge === undefined ? undefined : String(settings.MaxAge),
    }),
  };
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
