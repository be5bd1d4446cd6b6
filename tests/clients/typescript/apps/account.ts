/** Signing in and out with the session cookie: django-allauth's headless API. */

interface Answer {
  status: number;
  /** `flows` says what is still to do when the status is 401. */
  data?: { flows?: { id: string }[] };
  errors?: { code: string; message: string; param?: string }[];
}

export async function account(method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`/_allauth/browser/v1/${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.cookie.match(/csrftoken=([^;]*)/)?.[1] ?? "",
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await response.json()) as Answer;
}

export async function signIn(username: string, password: string): Promise<Answer> {
  await account("GET", "config"); // brings the CSRF cookie
  return account("POST", "auth/login", { username, password });
}

export const signOut = () => account("DELETE", "auth/session");
