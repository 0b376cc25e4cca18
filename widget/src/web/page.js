// What the app asks of the browser: its document, the network, storage and the page around. Decisions are made in
// Rust; what happens here is handed to it as `handle(what, details)`.

import ENGLISH from 'widget-words';

const root = document.documentElement;
const part = (scope, name) => (name ? scope.querySelector(`[data-part="${name}"]`) : scope);
const query = new URLSearchParams(location.search);
// Who embeds us, as the loader said it; a page that says a wrong origin hears nothing.
const host = window.parent !== window && query.get('origin');
// Whether the page around shows us, and whether answers may sound while it does not.
let isShown = !host;
let sounds;
// The page that the visitor is on.
let place = host ? query.get('page') : location.origin + location.pathname;
let handle;

// What nobody needs to open the chat is loaded when its time comes. Without it the chat goes on. Once it is there, it
// comes at once.
const extra = (name) => import(`/widget/later/${name}.js`).catch(() => ({}));
// The style of answers: the greeting seldom needs it.
let answers;
const dress = () =>
  (answers ||= new Promise((done) => {
    const link = document.createElement('link');
    Object.assign(link, { rel: 'stylesheet', href: '/widget/later/answer.css', onload: done, onerror: done });
    document.head.append(link);
  }));

// The words of the interface, English until others are there.
const LANGUAGES = ['en', 'ru', 'de', 'es', 'fr', 'ar', 'zh'];
let words = ENGLISH;
let learned = 'en';
// The languages asked for, best first; an empty one is the visitor's own.
let locale = query.get('lang');
const chosen = () => {
  const known = [locale, ...navigator.languages].map((tag) => /^[a-z]{2}(?=-|$)/.exec(tag?.toLowerCase())?.[0]);
  return known.find((tag) => LANGUAGES.includes(tag)) || LANGUAGES[0];
};
export const word = (name) => words[name];
// `data-word` names what has no text of its own, `data-text` is text.
const translate = (scope) => {
  for (const element of scope.querySelectorAll('[data-word]')) {
    const label = words[element.dataset.word];
    element.setAttribute('aria-label', label);
    if (element === input) input.placeholder = label;
    else if (element.type) element.title = label;
  }
  for (const element of scope.querySelectorAll('[data-text]')) element.textContent = words[element.dataset.text];
  return scope;
};

// As much as the server takes.
const bounded = (pairs) =>
  Object.fromEntries(Object.entries(pairs || {}).slice(0, 20).map(([name, value]) => [name.slice(0, 20), String(value).slice(0, 160)]));

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
    if (!button) return;
    handle(button.dataset.act, details(event, button));
    if (button.dataset.act === 'source') extra('passage').then(({ point }) => point?.(button));
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
    const what = data?.botwright;
    if (what === 'identify') visitor = data.token;
    if (what === 'context') context = bounded(data.context);
    if (what === 'locale') locale = data.locale;
    if (what === 'open' || what === 'close') isShown = what === 'open';
    handle(`host-${what}`, data);
  });
};

// The document: an element (or the whole page) and the part of it that has this `data-part`, or itself if ''.
export const page = () => root;
export const instance = (template) => translate(part(root, template).content.firstElementChild.cloneNode(true));
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
export const enable = (name, enabled) => {
  part(root, name).disabled = !enabled;
};
export const hasMouse = () => matchMedia('(pointer: fine)').matches;

// Drawing: a pen that stands in an element. Text is only ever text.
let pen;
export const draw = (scope, name, kept) => {
  pen = part(scope, name);
  while (pen.childNodes.length > kept) pen.lastChild.remove();
};
export const open = (tag) => {
  if (/^(h|p|d|bl)../.test(tag)) dress();
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
export const tell = (botwright, details) => {
  // An answer came and nobody looks.
  if (sounds && details === 'assistant' && (!isShown || document.hidden)) extra('sound').then(({ play }) => play?.());
  if (host) window.parent.postMessage({ botwright, details }, host === 'null' ? '*' : host);
};
// Whatever becomes of the rest: the visitor can close the chat, and the page around knows that they can.
show(root, 'close', host);
part(root, 'close').addEventListener('click', () => tell('close'));
tell('here');

// Puts text on the clipboard, then lets the part say that it did for a moment.
export const copy = async (value, scope, name) => (await extra('copy')).copy?.(value, part(scope, name), words.copied);

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
// What it said of them and of its page, for the model to know.
let context;
export const load = async (url, session, token) => {
  const headers = { accept: 'application/json', ...(token && { [TOKEN]: token }) };
  const get = async (url) => read(await send(url, { headers }));
  const learn = async (language) => {
    if (language !== learned) {
      const { body } = await get(`/widget/i18n/${language}.json`);
      words = { ...ENGLISH, ...body };
      learned = body && language;
    }
    Object.assign(root, { lang: language, dir: language === 'ar' ? 'rtl' : 'ltr', className: host ? 'embedded' : 'hosted' });
  };
  const language = chosen();
  const [config, before] = await Promise.all([
    get(`${url}/config?lang=${language}&asked=${!!locale}`),
    session && get(`${url}/sessions/${session}`),
    session && dress(),
    learn(language),
  ]);
  // The bot's owner may have chosen another.
  const { language: own, placeholder } = config.body || {};
  if (own) await learn(own);
  if (placeholder) words = { ...words, ask: placeholder };
  translate(root);
  handle('loaded', { config, session: before });
  const said = before?.body;
  if (said?.has_earlier) {
    (await extra('earlier')).start?.(lent, said.messages, (id) => get(`${url}/sessions/${session}?before=${id}`));
  }
  if (config.body?.uploads) {
    files = await extra('files');
    files.start?.(lent, url, said, () => visitor);
  }
  if (config.body?.hands_off) (await extra('people')).start?.(lent, url, [config, before], () => visitor);
};

// The look of the bot, of which the page around is told as well.
export const look = ({ title, style, appearance }) => {
  root.dataset.theme = appearance.theme;
  for (const name in style) root.style.setProperty(name, style[name]);
  const { logo } = appearance;
  sounds = appearance.sound;
  if (logo) part(root, 'logo').src = logo;
  show(root, 'logo', logo);
  show(root, 'mark', !logo);
  // What is as it usually is may be left out.
  show(root, 'powered', appearance.powered_by ?? true);
  tell('ready', { ...appearance, title, icon: '' });
};

// A page from a file or a sandbox has no address.
const where = () => (/^http/.test(place) ? place.slice(0, 2000) : undefined);
const post = (url, token, body, more, signal) => {
  const headers = { 'content-type': 'application/json', ...(token && { [TOKEN]: token }), ...more };
  return send(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
};

// The files in the box, for the bots that take some; fewer than none while one is on its way.
let files;
export const attached = () => files?.count?.() || 0;
export const attach = () => files?.take?.();

let request;
export const ask = async (url, turn, message, session, after, token) => {
  dress();
  request = new AbortController();
  const more = { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) };
  const body = { message, session_id: session || undefined, stream: true, page: where(), metadata: context, attachments: files?.ids?.() };
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

// The form for the visitor's details, for the bots that ask for them.
let lead;
const lent = { recall, remember, follow, post, read, where, handle: (what, details) => handle(what, details) };
export const offerLead = async (form, due, empty) => {
  lead = await extra('lead');
  lead.offer?.(lent, form, due, empty);
};
export const sendLead = (url, session, token) => lead.send(lent, url, session, token);
export const forgetLead = () => ['lead', 'lead-state', 'lead-typed', 'files'].forEach((name, i) => remember(!i, name, ''));
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
export const itemOf = (value, name, at) => value?.[name]?.[at];
