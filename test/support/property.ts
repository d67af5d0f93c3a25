import type { Property, PropertyType } from '../../shared/domain/property.ts';

/** A custom property as somebody would have declared it. */
export const customProperty = (key: string, type: PropertyType, more: Partial<Property> = {}): Property => ({
  key,
  label: key,
  type,
  scope: 'user',
  origin: 'custom',
  identifier: false,
  searchable: false,
  archived: false,
  description: null,
  createdAt: null,
  version: 1,
  ...more,
});
