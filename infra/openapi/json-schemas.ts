import * as z from 'zod/mini';

export type Json = { readonly [key: string]: unknown };

/** A reference from one part of the document to a schema in another. */
export const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Schemas under the names by which the document refers to them; one schema has one name, wherever it is used. */
export function newNames() {
  const registry = z.registry<{ id: string }>();
  const taken = new Set<string>();
  return {
    /** The name of a schema: its own, or else the one that is offered. */
    of(schema: z.core.$ZodType, offered: string): string {
      const known = registry.get(schema);
      if (known !== undefined) return known.id;
      const id = taken.has(offered) ? `${offered}${taken.size}` : offered;
      taken.add(id);
      registry.add(schema, { id });
      return id;
    },
    /** All named schemas as JSON Schema, those that are sent (`input`) or those that are answered (`output`). */
    schemas: (io: 'input' | 'output') => jsonSchemas(registry, io),
  };
}
export type Names = ReturnType<typeof newNames>;

function jsonSchemas(registry: z.core.$ZodRegistry<{ id: string }>, io: 'input' | 'output'): Record<string, Json> {
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => reference(id).$ref, io, unrepresentable: 'any' });
  // zod collects recursive schemas without a name under `__shared`, which OpenAPI does not have.
  const { __shared, ...named } = schemas;
  const prefix = `Shared${io}`;
  const loose = Object.entries(__shared?.$defs ?? {}).map(([name, schema]) => [`${prefix}${name}`, schema]);
  const text = JSON.stringify({ ...named, ...Object.fromEntries(loose) }, (key, value) =>
    // zod marks types that are readonly in TypeScript. In OpenAPI `readOnly` means a property of answers only.
    key === '$schema' || key === '$id' || (key === 'readOnly' && value === true) ? undefined : value,
  );
  return JSON.parse(text.replaceAll('#/components/schemas/__shared#/$defs/', `#/components/schemas/${prefix}`));
}

/** Names that give every schema that these modules export the name of its export. */
export function namesOf(modules: readonly object[]): Names {
  const names = newNames();
  for (const room of modules) {
    for (const [name, schema] of Object.entries(room)) {
      if (isSchema(schema)) names.of(schema, name);
    }
  }
  return names;
}

function isSchema(value: unknown): value is z.core.$ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

/** The schemas that the document refers to, directly or through others. Schemas of stored items are left out. */
export function reachable(tree: Json, schemas: Readonly<Record<string, Json>>): Record<string, Json> {
  const found = new Map<string, Json>();
  const visit = (node: Json): void => {
    for (const [, name = ''] of JSON.stringify(node).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = schemas[name];
      if (schema === undefined || found.has(name)) continue;
      found.set(name, schema);
      visit(schema);
    }
  };
  visit(tree);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
