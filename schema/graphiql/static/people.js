// Who is asking: shown at the top of the page, and changed by its sign-in dialog.
//
// A password makes a session, whose cookie the browser keeps; a token is sent with each operation instead.

import { accessToken, ask } from './transport.js';

const SESSION = '/_allauth/browser/v1/auth/session';
const LOGIN = '/_allauth/browser/v1/auth/login';
const WHO_IS_ASKING = '{ viewer { user { displayName username } } }';

const element = (id) => document.getElementById(id);

/** Show who is asking, and let them sign in and out. Resolves when it is known who they are. */
export async function showWhoIsAsking() {
  const dialog = element('sign-in');
  element('open-sign-in').addEventListener('click', () => dialog.showModal());
  element('close-sign-in').addEventListener('click', () => dialog.close());
  element('sign-out').addEventListener('click', signOut);
  onSubmit('with-password', signInWithPassword);
  onSubmit('with-token', signInWithToken);
  for (const person of document.querySelectorAll('#people button')) person.addEventListener('click', signInAsPerson);
  const refusal = await refresh();
  refuse('with-token', refusal);
  if (refusal) dialog.showModal();
}

/** Let `act` take the fields of a form. It returns why it refuses, in a sentence, or nothing when all is well. */
function onSubmit(id, act) {
  element(id).addEventListener('submit', async (event) => {
    event.preventDefault();
    for (const form of document.querySelectorAll('#sign-in form')) refuse(form.id, '');
    const refusal = await act(Object.fromEntries(new FormData(event.target)));
    refuse(id, refusal);
    if (refusal) return;
    event.target.reset();
    element('sign-in').close();
  });
}

/** Say beside a form, and to who cannot see it, why it refuses; '' when it does not. */
function refuse(id, reason) {
  const form = element(id);
  form.querySelector('.refusal').textContent = reason;
  for (const field of form.querySelectorAll('input')) field.setAttribute('aria-invalid', String(Boolean(reason)));
}

/** Fill in the form for one of the people of the demonstration, and send it. */
function signInAsPerson({ target }) {
  const form = element('with-password');
  for (const name of ['username', 'password']) form.elements[name].value = target.dataset[name];
  form.requestSubmit();
}

async function signInWithPassword({ username, password }) {
  accessToken.forget();
  const response = await account('POST', LOGIN, { username, password });
  if (response.ok) return refresh();
  if (response.status === 429) return 'Too many attempts. Wait a little, then try again.';
  const { errors } = response.headers.get('Content-Type')?.includes('json') ? await response.json() : {};
  return errors?.[0].message ?? 'Nobody could be signed in by password here. An access token works too.';
}

async function signInWithToken({ token }) {
  accessToken.set(token.trim());
  return refresh();
}

async function signOut() {
  if (accessToken.get()) accessToken.forget();
  else await account('DELETE', SESSION);
  await refresh();
}

/** Ask the API who we are, and show it. Returns why it does not say so, or '' when it does. */
async function refresh() {
  const { status, body } = await ask({ query: WHO_IS_ASKING });
  if (status === 401 && accessToken.get()) {
    accessToken.forget();
    await refresh();
    return body.errors[0].message;
  }
  const person = body.data?.viewer?.user;
  element('who').textContent = person ? `${person.displayName || person.username} (${person.username})` : 'Not signed in';
  element('open-sign-in').hidden = Boolean(person);
  element('sign-out').hidden = !person;
  return body.errors?.[0].message ?? '';
}

/** Talk to the accounts. They want the CSRF token, which the first answer sets as a cookie. */
async function account(method, address, body) {
  if (!csrfToken()) await fetch(SESSION);
  const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': csrfToken() };
  return fetch(address, { method, headers, body: body && JSON.stringify(body) });
}

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? '';
}
