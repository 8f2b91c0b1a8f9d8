// The gallery's own API. Every error is an Error whose message is for people.

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The hub answered ${response.status}.`);
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error("The hub does not answer. Is it running, and the network up?");
  }
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  return answer(response);
}

export const get = (url) => ask(url);
export const remove = (url) => ask(url, { method: "DELETE" });
export const post = (url, body = {}) => ask(url, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const capture = (node) => post(`/api/nodes/${encodeURIComponent(node)}/commands/capture`);
export const imagePage = (id) => `/images/${id}`;
