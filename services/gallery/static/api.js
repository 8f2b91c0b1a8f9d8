// The gallery's own API, by paths without the prefix under which a proxy may show the gallery.
// Every error is an Error whose message is for people.

const { base } = document.body.dataset;

export const address = (path) => base + path;
export const here = () => location.pathname.slice(base.length) || "/";
export const imagePage = (id) => address(`/images/${id}`);
export const imageData = (id, width) => address(`/api/images/${id}/data${width ? `?width=${width}` : ""}`);

async function answer(response, read) {
  if (response.ok) return response.status === 204 ? null : response[read]();
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The hub answered ${response.status}.`);
}

async function ask(path, options, read = "json") {
  let response;
  try {
    response = await fetch(address(path), options);
  } catch {
    throw new Error("The hub does not answer. Is it running, and the network up?");
  }
  if (response.status === 401) {
    location.assign(address(`/login?next=${encodeURIComponent(here() + location.search)}`));
  }
  return answer(response, read);
}

// The main part of one of our own pages, as HTML.
export const page = (path) => ask(path, { headers: { "X-Fragment": "1" } }, "text");
export const get = (path) => ask(path);
export const remove = (path) => ask(path, { method: "DELETE" });
const send = (method, path, body) => ask(path, {
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
export const post = (path, body = {}) => send("POST", path, body);
export const put = (path, body) => send("PUT", path, body);

export const capture = (node) => post(`/api/nodes/${encodeURIComponent(node)}/commands/capture`);
