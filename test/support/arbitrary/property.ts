import { declared, type Property, type PropertyType } from '../../../shared/domain/properties/property.ts';

/** A custom property as the API would have declared it. */
export const customProperty = (key: string, type: PropertyType, more: Partial<Property> = {}): Property => ({
  ...declared({ key, type }, 0),
  ...more,
});
