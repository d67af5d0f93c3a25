import { type NewImport, newImport } from '../../../shared/domain/imports/drop.ts';
import type { StoredJob } from '../../../shared/domain/jobs/job.ts';

/** The queued job of a dropped file, without addresses to notify. */
export const importJob = (more: Pick<NewImport, 'id' | 'createdAt'> & Partial<NewImport>): StoredJob =>
  newImport({
    status: 'queued',
    key: 'imports/users.csv',
    fileName: 'users.csv',
    bytes: 1,
    options: {},
    createdBy: 'bucket',
    notify: [],
    source: null,
    warnings: [],
    failure: null,
    ...more,
  });
