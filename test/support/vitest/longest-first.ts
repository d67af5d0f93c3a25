import { join, relative, sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const tests = join(import.meta.dirname, '..', '..');

/** The folders of the tests, those with the longest files first: a long file that begins last would run alone at the end. */
const rooms = ['journeys', 'infra', 'functions', 'app', 'fuzz', 'storage', 'data'];

const placeOf = ({ moduleId }: TestSpecification) => {
  const place = rooms.indexOf(relative(tests, moduleId).split(sep)[0] ?? '');
  return place < 0 ? rooms.length : place;
};

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
