// What was said before the messages that are shown, a part at a time: when asked for, and on the way up. Loaded for long
// conversations. `page` is what `page.js` lends it.

import { part } from './dom.js';

const WORDS = {
  en: 'Earlier messages',
  ru: 'Более ранние сообщения',
  de: 'Frühere Nachrichten',
  es: 'Mensajes anteriores',
  fr: 'Messages précédents',
  ar: 'رسائل سابقة',
  zh: '更早的消息',
};

const button = document.createElement('button');
button.type = 'button';
button.className = 'idea';
button.style.alignSelf = 'center';

let first;
let read;
let isBusy = false;

// Puts older messages between the button and those that are shown; what is on the screen stays where it is.
const put = (page, messages) => {
  const log = part('log');
  const anchor = button.nextElementSibling;
  const before = anchor.getBoundingClientRect().top;
  const known = log.children.length;
  page.handle('earlier', { messages });
  const added = [...log.children].slice(known);
  const answers = added.filter((element) => element.matches('.answer'));
  messages
    .filter(({ role }) => role === 'assistant')
    .forEach(({ by_person, author, content }, i) => {
      if (!by_person) return;
      answers[i].classList.add('human');
      part('text', answers[i]).textContent = content;
      if (author) part('who', answers[i]).textContent = author;
    });
  button.after(...added);
  for (let up = log; up; up = up.parentElement) {
    up.scrollTop += anchor.getBoundingClientRect().top - before;
  }
};

const more = async (page) => {
  if (isBusy || !button.isConnected) return;
  isBusy = true;
  button.setAttribute('aria-busy', 'true');
  const asked = first;
  const { body } = await read(asked).catch(() => ({}));
  // Another conversation may have begun meanwhile.
  if (body?.messages && first === asked && button.isConnected) {
    const hadFocus = document.activeElement === button;
    if (body.messages.length) {
      first = body.messages[0].id;
      put(page, body.messages);
    }
    if (!body.has_earlier) {
      if (hadFocus) part('input').focus();
      button.remove();
    }
  }
  button.removeAttribute('aria-busy');
  isBusy = false;
};

let isListening = false;
// `get` reads what was said before a message.
export const start = (page, messages, get) => {
  first = messages[0].id;
  read = get;
  button.textContent = WORDS[document.documentElement.lang] || WORDS.en;
  const log = part('log');
  // After the greeting, which is no part of the conversation.
  const said = log.querySelectorAll('.question, .answer');
  log.insertBefore(button, said[said.length - messages.length] || log.firstChild);
  if (isListening) return;
  isListening = true;
  button.addEventListener('click', () => more(page));
  // Not before the visitor has scrolled: the chat opens at its end.
  new IntersectionObserver(([entry]) => entry.isIntersecting && more(page)).observe(button);
};
