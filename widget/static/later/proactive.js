// What the bubble says by itself: after some time, once the page was scrolled through, or when the visitor is about to leave.
// Each message once to each visitor, as far as storage allows; one at a time, and one for each page at most. Nobody is
// interrupted: screen readers hear it when they are done with something else.

const CSS = `
.say { position: fixed; bottom: calc(var(--y) + var(--b) + 12px); inset-inline-end: 20px; width: min(320px, 100vw - 40px); display: flex; align-items: flex-start; gap: 2px; box-sizing: border-box; padding: 6px; padding-inline-start: 0; border-radius: var(--radius, 16px); background: #fff; color: #1c1d22; font: 15px/1.45 system-ui, sans-serif; box-shadow: 0 0 0 1px rgb(128 128 128 / .25), 0 2px 6px rgb(0 0 0 / .08), 0 12px 36px rgb(0 0 0 / .18); animation: say .2s ease-out; }
.start .say { inset-inline: 20px auto; }
.say:empty { padding: 0; background: none; box-shadow: none; }
.open .say { display: none; }
.say button { border: 0; background: none; color: inherit; font: inherit; cursor: pointer; border-radius: 10px; }
.say .text { flex: 1; min-width: 0; padding: 8px 4px 8px 16px; padding-inline: 16px 4px; text-align: start; overflow-wrap: anywhere; }
.say .away { flex: none; width: 36px; height: 36px; padding: 0; font-size: 20px; line-height: 1; color: #5c5e69; }
.say button:hover { background: #f1f1f5; }
.say button:focus-visible { outline: 2px solid #4f46e5; outline-offset: -2px; box-shadow: none; }
@keyframes say { from { opacity: 0; transform: translateY(6px); } }
@media (prefers-color-scheme: dark) { .say:not(:empty) { background: #212329; color: #ececf0; } .say .away { color: #a9acb8; } .say button:hover { background: #33353e; } .say button:focus-visible { outline-color: #b5b1f5; } }
@media (prefers-reduced-motion: reduce) { .say { animation: none; } }
@media (forced-colors: active) { .say:not(:empty) { border: 1px solid; } }
@media print { .say { display: none; } }`;

const CLOSE = { en: 'Close', ru: 'Закрыть', de: 'Schließen', es: 'Cerrar', fr: 'Fermer', ar: 'إغلاق', zh: '关闭' };

// The message in the language that the page asks for, else in the one the bot's owner chose, else in the visitor's own.
const worded = ({ message, words, language }, locale) => {
  const known = [locale, language, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  return words?.[known.find((tag) => CLOSE[tag])] || message;
};

// The message on the screen, of whichever widget.
let shown;

const escaped = (text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
const isOn = (pattern) => {
  const path = location.pathname;
  return !pattern || new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`).test(path.replace(/(.)\/$/, '$1')) || pattern === path;
};

// What was shown before. Where the page's storage is blocked, for as long as the page lives.
const memory = (bot) => {
  const key = `botwright:shown:${bot}`;
  let known = [];
  try {
    known = JSON.parse(localStorage.getItem(key)) || [];
  } catch {}
  if (!Array.isArray(known)) known = [];
  return {
    has: (name) => known.includes(name),
    add(name) {
      known.push(name);
      try {
        localStorage.setItem(key, JSON.stringify(known.slice(-20)));
      } catch {}
    },
  };
};

export const watch = (rules, { bot, box, create, dress, emit, locale, isOpen, open, signal }) => {
  const seen = memory(bot);
  const nameOf = ({ message, trigger, page }) => `${trigger.when} ${page} ${message}`.slice(0, 80);
  const listen = (target, type, handler) => target.addEventListener(type, handler, { signal, passive: true });
  dress(CSS);
  // It is there before it says anything, so that what it says is heard.
  const card = create('section', box, { class: 'say', role: 'status' });

  const hide = () => {
    card.replaceChildren();
    if (shown === card) shown = undefined;
  };
  // The page that a message was shown on, and how long the visitor has been on this one.
  let done;
  let place = location.pathname;
  let seconds = 0;

  const say = (rule) => {
    const { message } = rule;
    shown = card;
    done = place;
    seen.add(nameOf(rule));
    const text = create('button', card, { type: 'button', class: 'text', dir: 'auto' });
    text.textContent = worded(rule, locale());
    const language = [locale(), ...navigator.languages].map((tag) => tag?.slice(0, 2)).find((tag) => CLOSE[tag]);
    const away = create('button', card, { type: 'button', class: 'away', 'aria-label': CLOSE[language] || CLOSE.en });
    away.textContent = '×';
    text.addEventListener('click', () => {
      hide();
      open();
      emit('proactive', { message, action: 'opened' });
    });
    away.addEventListener('click', () => {
      hide();
      emit('proactive', { message, action: 'dismissed' });
    });
    emit('proactive', { message, action: 'shown' });
  };

  const look = (when, fits) => {
    if (shown || isOpen() || done === place || document.hidden) return;
    const rule = rules.find((rule) => rule.trigger.when === when && fits(rule.trigger) && isOn(rule.page) && !seen.has(nameOf(rule)));
    if (rule) say(rule);
  };
  const lookAtTime = () => look('time', (trigger) => seconds >= trigger.seconds);

  const timer = setInterval(() => {
    if (signal.aborted) {
      clearInterval(timer);
      return hide();
    }
    // In single-page apps the page changes without being loaded.
    if (location.pathname !== place) {
      place = location.pathname;
      seconds = 0;
      hide();
    } else if (!document.hidden) seconds += 1;
    if (isOpen()) hide();
    lookAtTime();
  }, 1000);
  listen(window, 'scroll', () => {
    const height = document.documentElement.scrollHeight - innerHeight;
    const percent = height > 0 ? (scrollY / height) * 100 : 0;
    look('scroll', (trigger) => percent + 0.5 >= trigger.percent);
  });
  listen(document.documentElement, 'mouseleave', ({ clientY }) => {
    if (clientY <= 0) look('exit', () => true);
  });
  card.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    card.querySelector('.away')?.click();
  });
  lookAtTime();
};
