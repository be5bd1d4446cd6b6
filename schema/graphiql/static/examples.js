// The examples, one for each thing that people do here: as the first tabs, and as a list beside the editor.

import { ask } from './transport.js';

const LIGHT_BULB = 'M9 17.5h6M10 20.5h4M9 17.5c0-2.5-3-4-3-8a6 6 0 0 1 12 0c0 4-3 5.5-3 8';
const isNarrow = matchMedia('(max-width: 700px)'); // as in page.css
const PLACES = '{ courses(first: 10) { edges { node { id lessons { id assessment { id } } } } } }';

/**
 * Every example as `{title, as, query, variables, follow}`: `as` is who should run it, the variables have ids of this
 * server where there are any, and `follow` is what the first answers give them (follow_ups.js).
 */
export async function loadExamples() {
  const [index, places] = await Promise.all([file('index.json'), findPlaces()]);
  return Promise.all(
    JSON.parse(index).map(async (example) => ({
      title: example.title,
      as: example.as,
      follow: example.follow,
      query: await file(example.file),
      variables: JSON.stringify(example.variables, (_, value) => places[value] ?? value, 2),
    })),
  );
}

/** A list of the examples for GraphiQL's sidebar; choosing one opens it in a tab of its own. */
export function examplesPlugin(examples) {
  const create = React.createElement;
  const icon = () =>
    create(
      'svg',
      { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', strokeWidth: 1.5 },
      create('path', { d: LIGHT_BULB }),
    );

  const content = () => {
    const editor = GraphiQL.React.useEditorContext({ nonNull: true });
    const open = ({ query, variables }) => {
      editor.addTab();
      setTimeout(() => {
        editor.queryEditor.setValue(query);
        editor.variableEditor.setValue(variables);
        if (isNarrow.matches) document.querySelector('[aria-label="Hide Examples"]')?.click();
      });
    };
    const entry = (example) =>
      create(
        'li',
        { key: example.title },
        create('button', { onClick: () => open(example) }, example.title),
        example.as && create('span', null, `as ${example.as}`),
      );
    return create(
      'section',
      { className: 'examples', 'aria-label': 'Examples' },
      create('h2', { className: 'graphiql-doc-explorer-title' }, 'Examples'),
      create('p', null, 'Each opens in a new tab. What one operation answers is filled in for the next.'),
      create('ul', null, ...examples.map(entry)),
    );
  };

  return { title: 'Examples', icon, content };
}

async function file(name) {
  const response = await fetch(new URL(`examples/${name}`, import.meta.url));
  return response.text();
}

/** The id for each placeholder of the variables, of courses that this visitor can see. */
async function findPlaces() {
  const { body } = await ask({ query: PLACES });
  const courses = (body.data?.courses.edges ?? []).map(({ node }) => node);
  const assessed = courses.find(({ lessons }) => lessons.some(({ assessment }) => assessment));
  const course = assessed ?? courses[0];
  return {
    '<course>': course?.id,
    '<lesson>': course?.lessons[0]?.id,
    '<assessment>': course?.lessons.find(({ assessment }) => assessment)?.assessment.id,
    '<lesson without assessment>': course?.lessons.find(({ assessment }) => !assessment)?.id,
  };
}
