// Botwright on a host page: <script async src="https://HOST/widget.js" data-bot="BOT_ID"></script>
//
// Draws the bubble and, at the first sign of interest, opens the chat in a frame from our own origin. Written for
// pages with a strict CSP: no inline style or script, no request that is not for a script, no HTML strings.
(() => {
  'use strict';

  const before = window.Botwright;
  const bots = before?.bots || { __proto__: null };
  // A tag manager may leave nothing of the tag but its address, and run it when no script is the current one.
  const botOf = (script) => script?.dataset.bot || new URL(script?.src || 'a:').searchParams.get('bot');
  const scripts = [...document.querySelectorAll('script[src*="/widget.js"]')];
  const script = document.currentScript || scripts.find((script) => botOf(script) && !bots[botOf(script)]);
  const bot = botOf(script);
  if (!bot || bots[bot]) return bot || console.warn('Botwright: no data-bot');

  const at = (path) => new URL(path, script.src);
  const url = at('widget/frame');
  // Where the visitor is, without what the address says of them.
  const page = () => location.origin + location.pathname;
  const { lang, color, position, size } = script.dataset;
  url.search = new URLSearchParams({ bot, origin: window.origin, page: page(), lang: lang || '' });

  const Chat = 'Chat';
  const labels = { ru: 'Чат', ar: 'محادثة', zh: '聊天', en: Chat, de: Chat, es: Chat, fr: Chat };
  let locale = lang;
  const label = () => [locale, ...navigator.languages].map((tag) => labels[tag?.slice(0, 2)]).find(Boolean) || Chat;

  const css = `
:host { all: initial !important; position: fixed !important; z-index: 2147483000 !important; }
:host([open]) { z-index: 2147483001 !important; }
div { --b: 56px; --w: 400px; --h: 680px; --y: calc(max(20px, env(safe-area-inset-bottom)) + var(--nth) * (var(--b) + 12px)); }
[data-size="small"] { --b: 48px; --w: 360px; --h: 560px; }
[data-size="large"] { --b: 64px; --w: 460px; --h: 780px; }
div > button, iframe { position: fixed; bottom: var(--y); inset-inline-end: 20px; border: 0; }
.start > * { inset-inline: 20px auto; }
div > button { z-index: 1; display: grid; place-items: center; width: var(--b); height: var(--b); padding: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); cursor: pointer; box-shadow: 0 1px 2px rgb(0 0 0 / .16), 0 6px 20px rgb(0 0 0 / .2); transition: transform .16s; touch-action: manipulation; }
div > button:hover { transform: scale(1.06); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
svg { grid-area: 1 / 1; width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; transition: opacity .16s, transform .16s; }
.open svg:first-child, svg + svg { opacity: 0; transform: scale(.6); }
.open svg + svg { opacity: 1; transform: none; }
.news > button::after { content: attr(data-news); position: absolute; top: -3px; inset-inline-end: -3px; min-width: 10px; padding: 0 5px; border-radius: 10px; background: #c4281c; color: #fff; font: 600 12px/20px system-ui, sans-serif; }
iframe { bottom: calc(var(--y) + var(--b) + 12px); width: var(--w); height: min(var(--h), 100dvh - var(--y) - var(--b) - 32px); border-radius: var(--radius, 16px); background: Canvas; color-scheme: light dark; box-shadow: 0 0 0 1px rgb(128 128 128 / .2), 0 16px 48px rgb(0 0 0 / .2); visibility: hidden; opacity: 0; transform: translateY(8px); transition: opacity .16s, transform .16s, visibility 0s .16s; }
.open iframe { visibility: visible; opacity: 1; transform: none; transition-delay: 0s; }
@media (max-width: 480px) {
  iframe, .start iframe { inset: var(--top, 0) 0 auto; width: 100%; height: var(--height, 100dvh); border-radius: 0; }
  .here.open > button { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) { button, iframe { border: 1px solid; } }
@media print { :host { display: none !important; } }`;

  const create = (tag, parent, attributes) => {
    const space = /^(svg|path)$/.test(tag) ? '2000/svg' : '1999/xhtml';
    const element = document.createElementNS(`http://www.w3.org/${space}`, tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return parent?.appendChild(element) || element;
  };

  const host = create('botwright-widget');
  const shadow = host.attachShadow({ mode: 'open' });
  const dress = (css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets.push(sheet);
  };
  dress(css);
  const box = create('div', shadow);
  const button = create('button', box, { type: 'button', 'aria-expanded': 'false' });
  const [picture] = ['M20 12a7.5 7.5 0 0 1-7.5 7.5H4l1.8-2.9A7.5 7.5 0 1 1 20 12Z', 'm6 9.5 6 6 6-6'].map((d) =>
    create('path', create('svg', button, { viewBox: '0 0 24 24', 'aria-hidden': 'true' }), { d }),
  );

  const set = (name, value) => host.style.setProperty(`--${name}`, value);
  let frame;
  let isReady = false;
  let isOpen = false;
  let unread = 0;
  const waiting = [];
  const handlers = { __proto__: null };
  const stop = new AbortController();
  const listen = (target, type, handler) => target.addEventListener(type, handler, { signal: stop.signal });
  const emit = (name, detail) => handlers[name]?.forEach((handler) => handler(detail));

  const look = ({ color, position, size, icon, radius }) => {
    if (/^#[0-9a-f]{6}$/i.test(color)) {
      // White or black, whichever WCAG says is easier to read; white if it is good enough.
      const [r, g, b] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
      set('accent', color);
      set('on-accent', 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.183 ? '#000' : '#fff');
    }
    if (position) box.classList.toggle('start', position === 'start');
    if (size) box.dataset.size = size;
    if (/^M/.test(icon)) picture.setAttribute('d', icon);
    if (radius >= 0) set('radius', `${radius + 4}px`);
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
    if (frame) return;
    frame = create('iframe', box, { src: url.href, title: label(), allow: 'clipboard-write' });
    // A chat says that it is there before its frame has loaded. What says nothing is the browser's own page of an error: it
    // goes, and comes again when it is wanted.
    frame.onload = () => setTimeout(() => {
      if (box.matches('.here')) return;
      if (isOpen) speak();
      setOpen(false);
      frame?.remove();
      frame = null;
    }, 1000);
  };

  const count = (number) => {
    unread = number;
    box.classList.toggle('news', number);
    button.dataset.news = number > 9 ? '9+' : number;
    button.setAttribute('aria-label', label() + (number ? ` (${number})` : ''));
    emit('unread', number);
  };

  const setOpen = (open) => {
    if (open === isOpen) return;
    prepare();
    const hadFocus = shadow.activeElement;
    isOpen = open;
    box.classList.toggle('open', open);
    host.toggleAttribute('open', open);
    button.setAttribute('aria-expanded', open);
    post(open ? 'open' : 'close', { page: page() });
    if (open) {
      // One at a time.
      for (const other of Object.values(bots)) if (other !== api) other('close');
      if (unread) count(0);
      frame.focus();
    } else if (hadFocus) {
      button.focus();
    }
    emit(open ? 'open' : 'close');
  };

  // These objects have nothing but what stands here, whatever the page has made of others.
  const commands = {
    __proto__: null,
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
    setContext: (context) => post('context', { context: { ...context } }),
    setLocale: (tag) => {
      locale = String(tag || '');
      if (frame) post('locale', { locale });
      else url.searchParams.set('lang', locale);
      count(unread);
    },
    on: (name, handler) => (handlers[name] ||= new Set()).add(handler),
    off: (name, handler) => handlers[name]?.delete(handler),
    destroy: () => {
      stop.abort();
      host.remove();
      delete bots[bot];
      if (window.Botwright === api) [window.Botwright] = Object.values(bots);
    },
  };

  // What the frame says.
  const said = {
    __proto__: null,
    ready: (details) => {
      look(details);
      if (details.title) frame.title = details.title;
      if (isReady) return;
      isReady = true;
      waiting.forEach(send);
      emit('ready');
    },
    close: () => setOpen(false),
    unverified: () => emit('unverified'),
    message: (role) => {
      if (!isOpen && role !== 'user') count(unread + 1);
      emit('message', { role });
    },
  };

  listen(window, 'message', ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== url.origin) return;
    // It has a button of its own that closes it.
    box.classList.add('here');
    said[data?.botwright]?.(data.details);
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
    set('height', `${view.height}px`);
    set('top', `${view.offsetTop}px`);
  };
  if (view) for (const type of ['resize', 'scroll']) listen(view, type, fit);

  const api = (name, ...parameters) => {
    if (commands[name]) commands[name](...parameters);
    else console.warn('Botwright: no such command:', name);
  };
  api.bot = bot;
  api.bots = bots;
  // Several stand one above the other.
  set('nth', Object.keys(bots).length);
  bots[bot] = api;
  if (!before?.bots) window.Botwright = api;
  look({ color: '#4f46e5' });
  look({ color, position, size });
  count(0);

  // Without it the bubble is as the tag describes it.
  const part = (name, use) => import(at(`widget/${name}.js`)).then(use).catch(() => {});
  // What the bubble says by itself: these messages in their time; without any, that there is no chat.
  const lent = { ...commands, bot, box, create, dress, emit, locale: () => locale, signal: stop.signal };
  const speak = (messages) => part('later/proactive', ({ watch }) => watch(messages, lent));

  // What the owner of the bot has changed since the tag was pasted, and what the bubble says by itself.
  const learn = () =>
    part(`bots/${encodeURIComponent(bot)}`, ({ default: bubble }) => {
      // The console says why there is none; what the page asks of it does nothing.
      if (!bubble) return host.remove();
      look(bubble);
      if (bubble.proactive) speak(bubble.proactive);
    });
  const start = () => {
    // Beside the body: scripts that swap or transform the body leave the conversation alone.
    box.dir = getComputedStyle(document.body).direction;
    document.documentElement.append(host);
    before?.q?.forEach((call) => api(...call));
    (window.requestIdleCallback || setTimeout)(learn);
  };
  if (document.body) start();
  else listen(document, 'DOMContentLoaded', start);
})();
