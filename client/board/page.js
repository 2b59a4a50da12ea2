/**
 * Keeps the open page new: fetches its content every few seconds, and changes only what differs, so that a selection,
 * the scroll position and the focus stay. It runs in a browser as it is; nothing builds it.
 */
const everyMs = 3_000;
const lost = document.getElementById('lost');
const heard = document.getElementById('heard');
let version = '';
let timer = 0;

async function refresh() {
  clearTimeout(timer);
  // Nobody looks at a hidden page, so nothing is asked for it.
  if (document.hidden) return;
  try {
    const headers = version === '' ? {} : { 'if-none-match': version };
    const response = await fetch('/board', { cache: 'no-store', headers, signal: AbortSignal.timeout(15_000) });
    if (response.status === 200) show(await response.text());
    else if (response.status !== 304) throw new Error(`it answers ${response.status}`);
    version = response.headers.get('etag') ?? version;
    heard.textContent = `as of ${response.headers.get('x-board-moment')}`;
    lost.hidden = true;
  } catch {
    lost.hidden = false;
    lost.textContent = `The board does not answer any more. What follows is ${heard.textContent}.`;
  }
  timer = setTimeout(refresh, everyMs);
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('board');
  update(document.getElementById('board'), fresh);
  document.title = fresh.dataset.title;
}

/** Makes a node like another one, and leaves alone what is like it already. */
function update(node, fresh) {
  if (node.isEqualNode(fresh)) return;
  if (node.nodeName !== fresh.nodeName || node.id !== fresh.id) return node.replaceWith(fresh);
  if (node.nodeType !== Node.ELEMENT_NODE) return void (node.nodeValue = fresh.nodeValue);
  for (const { name } of [...node.attributes]) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  updateChildren(node, [...fresh.childNodes]);
}

/** What has an id is found by it, wherever it stood; the others by their place. */
function updateChildren(node, fresh) {
  fresh.forEach((child, index) => {
    const there = node.childNodes[index];
    const same = child.id ? [...node.children].find(({ id }) => id === child.id) : undefined;
    if (same && same !== there) node.insertBefore(same, there);
    const old = node.childNodes[index];
    if (old && (!child.id || old.id === child.id)) update(old, child);
    else node.insertBefore(child, old ?? null);
  });
  while (node.childNodes.length > fresh.length) node.lastChild.remove();
}

document.addEventListener('visibilitychange', refresh);
timer = setTimeout(refresh, everyMs);
