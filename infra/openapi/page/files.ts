import { readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The page shows the document with this. It is one file that asks nobody for anything. */
const viewer = '../../../node_modules/openapi-explorer/dist/browser/openapi-explorer.min.js';

/**
 * The viewer's parts whose look on a narrow screen is mended, as the viewer itself is. A page's own styles do not reach
 * into them.
 */
const PARTS = ['api-response', 'schema-table', 'schema-tree'];

const withStyles = (css: string) => `
const styles = new CSSStyleSheet();
styles.replaceSync(${JSON.stringify(css)});
for (const part of ${JSON.stringify(PARTS)}) customElements.get(part).elementStyles.push(styles);
document.querySelector('openapi-explorer').shadowRoot.adoptedStyleSheets.push(styles);
`;

/** The files that the function behind `GET /docs` makes its page of, by name. */
export function pageFiles(): Readonly<Record<'viewer.js' | 'page.css', string>> {
  return { 'viewer.js': read(viewer) + withStyles(read('viewer.css')), 'page.css': read('page.css') };
}
