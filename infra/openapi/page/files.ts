import { readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The viewer of the document. It is one file that makes no requests of its own. */
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

/** The files of which the function behind `GET /docs` makes its page, by name. */
export function pageFiles(): Readonly<Record<'viewer.js' | 'page.css', string>> {
  return { 'viewer.js': read(viewer) + withStyles(read('viewer.css')), 'page.css': read('page.css') };
}
