// What the app asks of the browser: its document, the network, storage and the page around. Decisions are made in
// Rust; what happens here is handed to it as `handle(what, details)`.

const root = document.documentElement;
const part = (scope, name) => (name ? scope.querySelector(`[data-part="${name}"]`) : scope);
const query = new URLSearchParams(location.search);
// Who embeds us, as the loader said it; a page that says a wrong origin hears nothing.
const host = window.parent !== window && query.get('origin');
// The page that the visitor is on.
let place = host ? query.get('page') : location.origin + location.pathname;
let handle;

// Listens to the visitor, the network and the page around.
export const listen = (handler) => {
  handle = handler;
  const details = ({ target }, element = target) => ({
    element,
    text: element.textContent,
    n: Number(element.dataset?.n),
    index: Number(element.closest?.('[data-index]')?.dataset.index ?? -1),
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (button) handle(button.dataset.act, details(event, button));
  });
  document.addEventListener('input', () => handle('typed', {}));
  document.addEventListener('keydown', (event) => {
    // While an input method composes, Enter and Escape are its own.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') handle('escape', details(event));
    if (event.key === 'Enter' && !event.shiftKey && event.target === input) {
      event.preventDefault();
      handle('enter', {});
    }
  });
  for (const type of ['online', 'offline']) window.addEventListener(type, () => handle(type, {}));
  window.addEventListener('message', ({ source, origin, data }) => {
    if (!host || source !== window.parent || origin !== host) return;
    if (data?.page) place = String(data.page);
    if (data?.botwright === 'identify') visitor = data.token;
    handle(`host-${data?.botwright}`, data);
  });
};

// The document: an element (or the whole page) and the part of it that has this `data-part`, or itself if ''.
export const page = () => root;
export const instance = (template) => part(root, template).content.firstElementChild.cloneNode(true);
export const text = (scope, name, value) => {
  part(scope, name).textContent = value;
};
export const show = (scope, name, shown) => {
  part(scope, name).hidden = !shown;
};
export const attribute = (scope, name, key, value) => part(scope, name).setAttribute(key, value);
export const add = (scope, name, child) => part(scope, name).append(child);
export const clear = (scope, name) => part(scope, name).replaceChildren();
export const remove = (scope, name) => part(scope, name)?.remove();
export const focus = (scope, name) => part(scope, name).focus();
export const spoken = (scope, name) => part(scope, name).textContent;
export const style = (name, value) => root.style.setProperty(name, value);
export const enable = (name, enabled) => {
  part(root, name).disabled = !enabled;
};
export const hasMouse = () => matchMedia('(pointer: fine)').matches;
export const languages = () => navigator.languages.join();

// Drawing: a pen that stands in an element. Text is only ever text.
let pen;
export const draw = (scope, name, kept) => {
  pen = part(scope, name);
  while (pen.childNodes.length > kept) pen.lastChild.remove();
};
export const open = (tag) => {
  pen = pen.appendChild(document.createElement(tag));
};
export const mark = (key, value) => pen.setAttribute(key, value);
export const put = (value) => pen.append(value);
export const close = () => {
  pen = pen.parentNode;
};

// The box to write in.
const input = part(root, 'input');
export const draft = () => input.value;
export const setDraft = (value) => {
  input.value = value;
};

// The end of the conversation stays in view as long as the visitor has not scrolled away from it.
const scroll = part(root, 'scroll');
let follows = true;
let end = 0;
const left = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
const scrolled = () => show(root, 'latest', left() > 120);
scroll.addEventListener('scroll', () => {
  follows = left() < 60;
  scrolled();
});
export const follow = (always) => {
  // The visitor may have scrolled up without the event for it having come yet.
  follows = always || (follows && (scroll.scrollTop >= end - 1 || left() < 60));
  if (follows) scroll.scrollTop = scroll.scrollHeight;
  end = scroll.scrollTop;
  scrolled();
};

// Storage may be blocked, full or emptied at any time: then the app only forgets sooner. Browsers that block it inside
// other sites still keep a partitioned cookie; its path is the frame's page, so no other request carries it.
const slot = (name) => `botwright:${name}:${bot()}`;
const storage = (lasting) => window[lasting ? 'localStorage' : 'sessionStorage'];
export const recall = (lasting, name) => {
  const key = slot(name);
  try {
    return storage(lasting).getItem(key) || '';
  } catch {
    const pair = document.cookie.split('; ').find((pair) => pair.startsWith(`${key}=`));
    return pair ? decodeURIComponent(pair.slice(key.length + 1)) : '';
  }
};
export const remember = (lasting, name, value) => {
  const key = slot(name);
  try {
    if (value) storage(lasting).setItem(key, value);
    else storage(lasting).removeItem(key);
  } catch {
    const age = value ? (lasting ? '; max-age=31536000' : '') : '; max-age=0';
    const place = `; path=${location.pathname}; SameSite=None; Secure; Partitioned`;
    document.cookie = `${key}=${encodeURIComponent(value)}${age}${place}`;
  }
};

// The page around: the bot it asks for, and what it is told. A page from a file or a sandbox has the opaque origin
// `null`, which can't be addressed; nothing secret is said.
export const bot = () => encodeURIComponent(query.get('bot') || location.pathname.split('/').filter(Boolean).pop());
export const isEmbedded = () => !!host;
export const tell = (botwright, details) => {
  if (host) window.parent.postMessage({ botwright, details }, host === 'null' ? '*' : host);
};

// Puts text on the clipboard, then lets the part say `done` for a moment.
export const copy = async (value, scope, name, done) => {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    // Missing without TLS, refused in some frames.
    const field = document.body.appendChild(document.createElement('textarea'));
    field.value = value;
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    if (!copied) return;
  }
  const label = part(scope, name);
  const before = label.textContent;
  label.textContent = done;
  if (before !== done) setTimeout(() => (label.textContent = before), 1600);
};

// The network. An answer that is no JSON (a proxy's page) has status 0, like none at all.
const send = async (url, options) => {
  try {
    return await fetch(url, options);
  } catch {
    return { status: 0 };
  }
};
const read = async (response) => {
  try {
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0 };
  }
};
const TOKEN = 'x-visitor-token';
// What the site said last of its visitor.
let visitor;
export const load = async (config, session, words, token) => {
  const headers = { accept: 'application/json', ...(token && { [TOKEN]: token }) };
  const get = async (url) => url && read(await send(url, { headers }));
  const replies = await Promise.all([get(config), get(session), get(words && `/widget/i18n/${words}.json`)]);
  handle('loaded', { config: replies[0], session: replies[1], words: replies[2] });
  if (replies[0].body?.hands_off) (await extra('people')).start?.(lent, config, replies, () => visitor);
};

// A page from a file or a sandbox has no address.
const where = () => (/^http/.test(place) ? place.slice(0, 2000) : undefined);
const post = (url, token, body, more, signal) => {
  const headers = { 'content-type': 'application/json', ...(token && { [TOKEN]: token }), ...more };
  return send(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
};

let request;
export const ask = async (url, turn, message, session, after, token) => {
  request = new AbortController();
  const more = { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) };
  const body = { message, session_id: session || undefined, stream: true, page: where() };
  const response = await post(url, token, body, more, request.signal);
  if (!response.ok) return handle('refused', { turn, ...(await read(response)) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value } = await reader.read().catch(() => ({}));
    if (value === undefined) break;
    handle('chunk', { turn, text: value });
  }
  handle('broke', { turn });
};
export const stop = () => request?.abort();

// What nobody needs to open the chat is loaded when its time comes. Without it the chat goes on.
const extra = (name) => import(`/widget/later/${name}.js`).catch(() => ({}));
// The form for the visitor's details, for the bots that ask for them.
let lead;
const lent = { recall, remember, follow, post, read, where, handle: (what, details) => handle(what, details) };
export const offerLead = async (form, due, empty) => {
  lead = await extra('lead');
  lead.offer?.(lent, form, due, empty);
};
export const sendLead = (url, session, token) => lead.send(lent, url, session, token);
export const forgetLead = () => ['lead', 'lead-state', 'lead-typed'].forEach((name, i) => remember(!i, name, ''));
// Whether an answer helped, asked under it.
export const rateable = async (scope, url, session_id, message_id, rating) => {
  const { offer } = await extra('feedback');
  offer?.(part(scope, 'tools'), rating, (verdict) => post(url, visitor, { session_id, message_id, ...verdict }));
};
export const later = (milliseconds, turn) => setTimeout(() => handle('resume', { turn }), milliseconds);

// JSON, field by field: one that is missing or of another type reads as empty.
export const parse = (json) => {
  try {
    return JSON.parse(json);
  } catch {}
};
export const textOf = (value, name) => (typeof value?.[name] === 'string' ? value[name] : '');
export const numberOf = (value, name) => (Number.isInteger(value?.[name]) ? value[name] : -1);
export const isTrue = (value, name) => value?.[name] === true;
export const fieldOf = (value, name) => value?.[name];
export const itemsOf = (value, name) => (Array.isArray(value?.[name]) ? value[name] : []);
