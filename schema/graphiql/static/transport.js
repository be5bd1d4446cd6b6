// How operations travel: JSON over POST, and server-sent events for subscriptions.
//
// Every request has a header that another site's page could not send, which is what the server asks of requests
// that a session cookie authenticates.

const ENDPOINT = '/graphql/';
const TOKEN_KEY = 'access-token';

/** The access token used for every operation, or null. The browser forgets it when the tab is closed. */
export const accessToken = {
  get: () => sessionStorage.getItem(TOKEN_KEY),
  set: (token) => sessionStorage.setItem(TOKEN_KEY, token),
  forget: () => sessionStorage.removeItem(TOKEN_KEY),
};

/** What GraphiQL calls to run an operation. Headers of its own editor win over the token. */
export function fetcher(parameters, { headers = {}, documentAST } = {}) {
  if (isSubscription(documentAST, parameters.operationName)) {
    return events(parameters, headers);
  }
  return ask(parameters, headers).then(({ body }) => body);
}

/** Ask once. Gives the HTTP status and the JSON of the answer. */
export async function ask(parameters, headers = {}) {
  const response = await post(parameters, headers, 'application/graphql-response+json, application/json');
  return { status: response.status, body: await response.json() };
}

function post(parameters, headers, accept, signal) {
  const all = new Headers({ Accept: accept, 'Content-Type': 'application/json', 'GraphQL-Preflight': '1' });
  const token = accessToken.get();
  if (token) all.set('Authorization', `Bearer ${token}`);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return fetch(ENDPOINT, { method: 'POST', headers: all, body: JSON.stringify(parameters), signal });
}

function isSubscription(document, operationName) {
  const operations = document?.definitions.filter(({ kind }) => kind === 'OperationDefinition') ?? [];
  const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  return chosen?.operation === 'subscription';
}

/** The results of a subscription, as an async iterator that ends the request when it is left. */
function events(parameters, headers) {
  const leaving = new AbortController();
  const results = read(parameters, headers, leaving.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => results.next(),
    return: (value) => {
      leaving.abort();
      return results.return(value);
    },
  };
}

async function* read(parameters, headers, signal) {
  try {
    const response = await post(parameters, headers, 'text/event-stream', signal);
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      yield await response.json();
      return;
    }
    let text = '';
    for await (const piece of pieces(response.body.pipeThrough(new TextDecoderStream()))) {
      const finished = (text + piece).split('\r\n\r\n');
      text = finished.pop();
      for (const event of finished) {
        const data = event.match(/^event: next\r\ndata: (.*)$/);
        if (data) yield JSON.parse(data[1]);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** What a stream gives, piece by piece: not every browser can iterate over a stream itself. */
async function* pieces(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
