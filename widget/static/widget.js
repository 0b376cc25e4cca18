// Botwright on a host page: <script async src="https://HOST/widget.js" data-bot="BOT_ID"></script>
//
// Draws the bubble and, at the first sign of interest, opens the chat in a frame from our own origin. Written for
// pages with a strict CSP: no inline style or script, no request from the page, no HTML strings.
(() => {
  'use strict';

  const script = document.currentScript || document.querySelector('script[data-bot][src*="/widget.js"]');
  const bot = script?.dataset.bot;
  if (!bot) return console.warn('Botwright: the script tag needs data-bot="BOT_ID".');

  const before = window.Botwright;
  if (before?.bot) {
    if (before.bot !== bot) console.warn('Botwright: one bot a page; this page shows', before.bot);
    return;
  }

  const url = new URL('widget/frame', script.src);
  // Where the visitor is, without what the address says of them.
  const page = () => location.origin + location.pathname;
  url.search = new URLSearchParams({ bot, origin: window.origin, page: page() });

  const labels = { ru: 'Чат', ar: 'محادثة', zh: '聊天' };
  const label = navigator.languages.map((tag) => labels[tag.slice(0, 2)] || (/^(en|de|es|fr)/.test(tag) && 'Chat')).find(Boolean) || 'Chat';

  const css = `
:host { all: initial !important; position: fixed !important; inset: auto !important; width: 0 !important; height: 0 !important; z-index: 2147483000 !important; display: block !important; visibility: visible !important; opacity: 1 !important; }
button, iframe { position: fixed; bottom: max(20px, env(safe-area-inset-bottom)); inset-inline-end: 20px; border: 0; }
.start button, .start iframe { inset-inline: 20px auto; }
button { display: grid; place-items: center; width: 56px; height: 56px; padding: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); cursor: pointer; box-shadow: 0 1px 2px rgb(0 0 0 / .16), 0 6px 20px rgb(0 0 0 / .2); transition: transform .16s; touch-action: manipulation; }
button:hover { transform: scale(1.06); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
svg { grid-area: 1 / 1; width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; transition: opacity .16s, transform .16s; }
.open svg:first-child, svg + svg { opacity: 0; transform: scale(.6); }
.open svg + svg { opacity: 1; transform: none; }
.news button::after { content: ""; position: absolute; top: 1px; inset-inline-end: 1px; width: 12px; height: 12px; border: 2px solid #fff; border-radius: 50%; background: #d92d20; }
iframe { bottom: calc(max(20px, env(safe-area-inset-bottom)) + 68px); width: 400px; height: min(680px, 100dvh - 108px); border-radius: 16px; background: Canvas; color-scheme: light dark; box-shadow: 0 0 0 1px rgb(128 128 128 / .2), 0 2px 6px rgb(0 0 0 / .08), 0 16px 48px rgb(0 0 0 / .2); visibility: hidden; opacity: 0; transform: translateY(8px); transition: opacity .16s, transform .16s, visibility 0s .16s; }
.open iframe { visibility: visible; opacity: 1; transform: none; transition-delay: 0s; }
@media (max-width: 480px) {
  iframe, .start iframe { inset: var(--top, 0) 0 auto; width: 100%; height: var(--height, 100dvh); border-radius: 0; }
  .open button { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) { button, iframe { border: 1px solid; } }
@media print { :host { display: none !important; } }`;

  const create = (tag, parent, attributes) => {
    const element = tag === 'svg' || tag === 'path' ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return parent?.appendChild(element) || element;
  };

  const host = create('botwright-widget');
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [sheet];
  const box = create('div', shadow);
  const button = create('button', box, { type: 'button', 'aria-label': label, 'aria-expanded': 'false' });
  for (const d of ['M20 12a7.5 7.5 0 0 1-7.5 7.5H4l1.8-2.9A7.5 7.5 0 1 1 20 12Z', 'm6 9.5 6 6 6-6']) {
    create('path', create('svg', button, { viewBox: '0 0 24 24', 'aria-hidden': 'true' }), { d });
  }

  let frame;
  let isReady = false;
  let isOpen = false;
  const waiting = [];
  const handlers = {};
  const stop = new AbortController();
  const listen = (target, type, handler) => target.addEventListener(type, handler, { signal: stop.signal });
  const emit = (name, detail) => handlers[name]?.forEach((handler) => handler(detail));

  const look = (color, position) => {
    if (/^#[0-9a-f]{6}$/i.test(color)) {
      // White or black, whichever WCAG says is easier to read; white if it is good enough.
      const [r, g, b] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
      host.style.setProperty('--accent', color);
      host.style.setProperty('--on-accent', 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.183 ? '#000' : '#fff');
    }
    if (position) box.classList.toggle('start', position === 'start');
  };

  const send = (message) => frame.contentWindow.postMessage(message, url.origin);
  // Before the frame is ready, what it is told waits.
  const post = (botwright, fields) => {
    const message = { botwright, ...fields };
    if (isReady) send(message);
    else waiting.push(message);
  };

  // Makes the frame, hidden, so that it is there when it is wanted.
  const prepare = () => {
    frame ||= create('iframe', box, { src: url.href, title: label, allow: 'clipboard-write' });
  };

  const setOpen = (open) => {
    if (open === isOpen) return;
    prepare();
    const hadFocus = shadow.activeElement;
    isOpen = open;
    box.classList.toggle('open', open);
    box.classList.remove('news');
    button.setAttribute('aria-expanded', open);
    if (open) {
      frame.focus();
      post('open', { page: page() });
    } else if (hadFocus) {
      button.focus();
    }
    emit(open ? 'open' : 'close');
  };

  const commands = {
    open: () => setOpen(true),
    close: () => setOpen(false),
    toggle: () => setOpen(!isOpen),
    sendMessage: (text) => {
      setOpen(true);
      post('send', { text: String(text) });
    },
    reset: () => frame && post('reset'),
    identify: (visitor) => {
      prepare();
      post('identify', { token: String(visitor?.token || '') });
    },
    on: (name, handler) => (handlers[name] ||= new Set()).add(handler),
    off: (name, handler) => handlers[name]?.delete(handler),
    destroy: () => {
      stop.abort();
      host.remove();
      delete window.Botwright;
    },
  };

  // What the frame says.
  const said = {
    ready: ({ color, position, title }) => {
      look(color, position);
      if (title) frame.title = title;
      if (isReady) return;
      isReady = true;
      waiting.forEach(send);
      emit('ready');
    },
    close: () => setOpen(false),
    unverified: () => emit('unverified'),
    message: (role) => {
      if (!isOpen) box.classList.add('news');
      emit('message', { role });
    },
  };

  listen(window, 'message', ({ source, origin, data }) => {
    if (frame && source === frame.contentWindow && origin === url.origin) said[data?.botwright]?.(data.details);
  });
  listen(button, 'click', commands.toggle);
  listen(button, 'pointerenter', prepare);
  listen(button, 'focus', prepare);
  listen(box, 'keydown', (event) => {
    if (event.key === 'Escape') setOpen(false);
  });
  // On a phone the keyboard covers part of the page: the frame keeps to what is left.
  const view = window.visualViewport;
  const fit = () => {
    host.style.setProperty('--height', `${view.height}px`);
    host.style.setProperty('--top', `${view.offsetTop}px`);
  };
  if (view) for (const type of ['resize', 'scroll']) listen(view, type, fit);

  const api = (name, ...parameters) => {
    if (Object.hasOwn(commands, name)) commands[name](...parameters);
    else console.warn('Botwright: no such command:', name);
  };
  api.bot = bot;
  window.Botwright = api;
  look('#4f46e5');
  look(script.dataset.color, script.dataset.position);

  const start = () => {
    // Beside the body: scripts that swap or transform the body leave the conversation alone.
    box.dir = getComputedStyle(document.body).direction;
    document.documentElement.append(host);
    before?.q?.forEach((call) => api(...call));
  };
  if (document.body) start();
  else listen(document, 'DOMContentLoaded', start);
})();
