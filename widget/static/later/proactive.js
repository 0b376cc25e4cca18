// What the bubble says by itself: after some time, once the page was scrolled through, or when the visitor is about to leave.
// Each message once to each visitor, as far as storage allows; one at a time, and one for each page at most. Nobody is
// interrupted: screen readers hear it when they are done with something else. It says as well that the chat can't be shown.

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

const ABSENT = {
  en: 'The chat could not be loaded. Check your connection, then try again.',
  ru: 'Не удалось загрузить чат. Проверьте подключение и попробуйте ещё раз.',
  de: 'Der Chat konnte nicht geladen werden. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',
  es: 'No se pudo cargar el chat. Compruebe la conexión e inténtelo de nuevo.',
  fr: 'Le chat n’a pas pu être chargé. Vérifiez la connexion, puis réessayez.',
  ar: 'تعذّر تحميل المحادثة. تحقّق من الاتصال ثم حاول مرة أخرى.',
  zh: '无法加载聊天。请检查网络连接后重试。',
};

// The first language that is known, of the one that the page asks for, the one given, and the visitor's own.
const spoken = (locale, language) =>
  [locale, language, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => CLOSE[tag]);

// The message in the language that the page asks for, else in the one the bot's owner chose, else in the visitor's own.
const worded = ({ message, words, language }, locale) => words?.[spoken(locale, language)] || message;

// The message on the screen, of whichever widget.
let shown;

// Where a bubble speaks. It is there before it says anything, so that what it says is heard. Escape sends away what it says.
const cardOf = ({ box, create, dress }) => {
  const before = box.querySelector('.say');
  if (before) return before;
  dress(CSS);
  const card = create('section', box, { class: 'say', role: 'status' });
  card.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    card.querySelector('.away')?.click();
  });
  return card;
};
const clear = (card) => {
  card.replaceChildren();
  if (shown === card) shown = undefined;
};

// Puts a text into a card, in a button or not, and the button that sends it away.
const write = (card, tag, text, { create, locale }, away) => {
  clear(card);
  shown = card;
  const element = create(tag, card, { class: 'text', dir: 'auto' });
  element.textContent = text;
  const close = create('button', card, { type: 'button', class: 'away', 'aria-label': CLOSE[spoken(locale())] || CLOSE.en });
  close.textContent = '×';
  close.addEventListener('click', away);
  return element;
};

// The frame of the chat could not be shown. It is tried again when the bubble is clicked again.
const excuse = (lent) => {
  const { locale, on, off } = lent;
  const card = cardOf(lent);
  const hide = () => {
    off('open', hide);
    clear(card);
  };
  write(card, 'span', ABSENT[spoken(locale())] || ABSENT.en, lent, hide);
  on('open', hide);
};

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

// Says these messages in their time; with none, that there is no chat. `lent` is what the loader lends it.
export const watch = (rules, lent) => {
  const { bot, box, emit, locale, open, signal } = lent;
  if (signal.aborted) return;
  if (!rules) return excuse(lent);
  const isOpen = () => box.matches('.open');
  const seen = memory(bot);
  const nameOf = ({ message, trigger, page }) => `${trigger.when} ${page} ${message}`.slice(0, 80);
  const listen = (target, type, handler) => target.addEventListener(type, handler, { signal, passive: true });
  const card = cardOf(lent);

  const hide = () => clear(card);
  // The page that a message was shown on, and how long the visitor has been on this one.
  let done;
  let place = location.pathname;
  let seconds = 0;

  const say = (rule) => {
    const { message } = rule;
    done = place;
    seen.add(nameOf(rule));
    const text = write(card, 'button', worded(rule, locale()), lent, () => {
      hide();
      emit('proactive', { message, action: 'dismissed' });
    });
    text.addEventListener('click', () => {
      hide();
      open();
      emit('proactive', { message, action: 'opened' });
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
  lookAtTime();
};
