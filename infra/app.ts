import { App, Tags } from 'aws-cdk-lib';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { bundle } from './bundle.ts';
import { callsOfFunctions } from './calls.ts';
import type { Deployment } from './constructs/action-function.ts';
import { nag } from './nag.ts';
import { settingsFrom } from './settings.ts';
import { DataStack } from './stacks/data.ts';
import { EdgeStack } from './stacks/edge.ts';
import { HttpStack } from './stacks/http.ts';
import { WorkStack } from './stacks/work.ts';

// References between stacks are exports: CloudFormation deletes no output that another stack uses.
const flags = { ...recommended, '@aws-cdk/core:defaultCrossStackReferences': 'strong' };
const app = new App({ analyticsReporting: false, context: flags });
const settings = settingsFrom(app.node.getAllContext());
const [calls] = await Promise.all([callsOfFunctions(), bundle()]);

const name = (room: string) => `Roster-${settings.stage}-${room}`;
const data = new DataStack(app, name('data'), settings);
const edge = new EdgeStack(app, name('edge'), settings);
const deployment: Deployment = { settings, apiUrl: edge.apiUrl, data, calls };
const work = new WorkStack(app, name('work'), deployment, edge);
new HttpStack(app, name('http'), deployment, edge, work);

Tags.of(app).add('app', 'roster');
Tags.of(app).add('stage', settings.stage);
nag(app, data);
app.synth();
