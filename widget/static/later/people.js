// People who answer in the bot's place: the button that asks for one, who it is, what they write and that they type.
// Loaded for bots that hand over; until then it costs nothing. `page` is what `page.js` lends it.

import { make, part } from './dom.js';

// Ask, waiting, talks to, typing, somebody, back with the bot, closed, failed.
const WORDS = {
  en: ['Talk to a person', 'Waiting for a person…', 'You are talking to', 'is typing…', 'our team', 'The bot answers again.', 'This conversation was closed. Write again any time.', 'That did not get through. Please try again.'],
  ru: ['Поговорить с человеком', 'Ждём сотрудника…', 'Вам отвечает', 'печатает…', 'наша команда', 'Снова отвечает бот.', 'Разговор завершён. Пишите в любое время.', 'Не удалось отправить. Попробуйте ещё раз.'],
  de: ['Mit einem Menschen sprechen', 'Gleich kommt jemand…', 'Es antwortet', 'schreibt…', 'unser Team', 'Der Bot antwortet wieder.', 'Das Gespräch wurde beendet. Schreiben Sie jederzeit wieder.', 'Das kam nicht durch. Bitte noch einmal versuchen.'],
  es: ['Hablar con una persona', 'Esperando a una persona…', 'Le atiende', 'está escribiendo…', 'nuestro equipo', 'El bot vuelve a responder.', 'La conversación se cerró. Escriba cuando quiera.', 'No se pudo enviar. Inténtelo de nuevo.'],
  fr: ['Parler à une personne', 'Une personne va arriver…', 'Vous parlez avec', 'écrit…', 'notre équipe', 'Le bot répond de nouveau.', 'La conversation est close. Écrivez quand vous voulez.', 'L’envoi a échoué. Veuillez réessayer.'],
  ar: ['التحدث إلى شخص', 'بانتظار أحد الموظفين…', 'يجيبك', 'يكتب…', 'فريقنا', 'عاد البوت للإجابة.', 'أُغلقت المحادثة. يمكنك الكتابة في أي وقت.', 'تعذّر الإرسال. حاول مرة أخرى.'],
  zh: ['联系人工', '正在等待人工…', '为您服务的是', '正在输入…', '我们的团队', '现在由机器人回答。', '对话已结束。您可以随时再写。', '未能发送，请重试。'],
};
const [ASK, WAITING, TALKS_TO, TYPING, TEAM, BACK, CLOSED, FAILED] = Array(8).keys();
const words = () => WORDS[document.documentElement.lang] || WORDS.en;

// Comes back after a stream broke off, in milliseconds; doubled each time.
const PAUSE = 1000;
const LONGEST_PAUSE = 30000;
// How long somebody is shown to type, and how often the visitor's typing is told.
const TYPES_FOR = 5000;
const TELL_EVERY = 3000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.people { display: flex; align-items: center; gap: 8px; margin-block-end: 6px; font-size: 13px; color: var(--muted); }
.people:empty { display: none; }
.people b { color: var(--text); font-weight: 600; }
.people button { min-block-size: 36px; padding: 4px 14px; border: 1px solid var(--strong-line); border-radius: 18px; background: var(--surface); color: var(--text); font-size: 13px; }
.people button:disabled { color: var(--muted); }
.by { margin-block-end: 2px; font-size: 13px; font-weight: 600; color: var(--muted); }
.with-people .answer[aria-busy] .dots { display: none; }
.answer.quiet { display: none; }
.answer.human .prose { white-space: pre-wrap; }
.answer:is(.human, [data-handed]) .tools { display: none; }
`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const isWithPeople = () => state === 'waiting' || state === 'human';

let page;
let config;
// Where the bot's endpoints are.
let url;
let token;
// The conversation that is followed, who answers in it, and after which event to go on.
let session = '';
let state = 'bot';
let name = '';
let after;
let stream;
let pause = PAUSE;
const line = make('div', { class: 'people', role: 'status', 'data-part': 'people' });
const button = make('button', { type: 'button' });
// Messages of people on the screen.
const seen = new Set();
let typing;
let timer;
let told = 0;

const draw = () => {
  document.documentElement.classList.toggle('with-people', isWithPeople());
  button.textContent = words()[ASK];
  if (typing) line.replaceChildren(make('b', { dir: 'auto' }, typing), ` ${words()[TYPING]}`);
  else if (state === 'human') line.replaceChildren(`${words()[TALKS_TO]} `, make('b', { dir: 'auto' }, name || words()[TEAM]));
  else if (state === 'waiting') line.replaceChildren(words()[WAITING]);
  else line.replaceChildren(button);
};

// A message among the others, as text.
const say = (text, by) => {
  const answer = part('t-answer').content.firstElementChild.cloneNode(true);
  answer.classList.add('human');
  answer.setAttribute('aria-busy', 'false');
  part('dots', answer).hidden = true;
  part('who', answer).textContent = by;
  part('text', answer).textContent = text;
  if (by) answer.insertBefore(make('p', { class: 'by', dir: 'auto', 'aria-hidden': 'true' }, by), part('text', answer));
  part('log').append(answer);
  part('spoken').textContent = by ? `${by}: ${text}` : text;
  page.follow(false);
};

const post = (path, body) => page.post(url + path, token(), body);

const read = () => {
  const last = [...seen].pop();
  if (last && !document.hidden) post(`/sessions/${session}/signals`, { read_id: last });
};

const apply = (status) => {
  const before = state;
  state = status.state;
  name = status.name || '';
  if (status.after) after = status.after;
  typing = undefined;
  if (before !== state && (before === 'human' || before === 'waiting')) {
    const text = { bot: words()[BACK], closed: words()[CLOSED] }[state];
    if (text) say(text, '');
  }
  draw();
};

const handle = (event, id, data) => {
  if (id) after = Number(id);
  if (event === 'state') apply(data);
  if (event === 'typing') {
    clearTimeout(timer);
    typing = data.name || words()[TEAM];
    draw();
    timer = setTimeout(() => {
      typing = undefined;
      draw();
    }, TYPES_FOR);
  }
  if (event === 'message' && !seen.has(data.id)) {
    seen.add(data.id);
    typing = undefined;
    say(data.content, data.author || words()[TEAM]);
    draw();
    read();
  }
};

// Follows the conversation until it is another one. What broke off goes on after the last event.
const follow = async (followed) => {
  stream?.abort();
  stream = new AbortController();
  const { signal } = stream;
  while (session === followed && !signal.aborted) {
    const query = after === undefined ? '' : `?after=${after}`;
    const headers = { accept: 'text/event-stream', ...(token() && { 'x-visitor-token': token() }) };
    const response = await fetch(`${url}/sessions/${followed}/live${query}`, { headers, signal }).catch(() => ({}));
    if (response.status === 404) return;
    const began = Date.now();
    if (response.ok) {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { value } = await reader.read().catch(() => ({}));
        if (value === undefined) break;
        text += value;
        const blocks = text.split('\n\n');
        text = blocks.pop();
        for (const block of blocks) {
          const field = (key) => block.split('\n').find((one) => one.startsWith(`${key}:`))?.slice(key.length + 1).trim();
          const data = field('data');
          if (data && !signal.aborted) handle(field('event'), field('id'), JSON.parse(data));
        }
      }
    }
    // One that ends at once has nothing to tell for now.
    if (Date.now() - began > LONGEST_PAUSE) pause = PAUSE;
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
};

// Another conversation.
const begin = (id) => {
  stream?.abort();
  session = id;
  state = 'bot';
  after = typing = undefined;
  seen.clear();
  draw();
  if (session) follow(session);
};

// The conversation may be another one; answers without a word are none while people answer.
const look = () => {
  const now = page.recall(true, 'session');
  if (now !== session) {
    begin(now);
  }
  for (const answer of document.querySelectorAll('.answer[aria-busy="false"]:not(.human)')) {
    const isEmpty = !part('text', answer).textContent && part('failure', answer).hidden;
    answer.classList.toggle('quiet', isEmpty);
  }
};

const ask = async () => {
  button.disabled = true;
  const { status, body } = await page.read(await post('/hand-off', { session_id: session || undefined }));
  button.disabled = false;
  if (status !== 200) return say(words()[FAILED], '');
  if (body.session_id !== session) begin(body.session_id);
  apply(body);
  // The app keeps the conversation's id, and says it in the bot's name.
  if (body.message) page.handle('lead-sent', body);
  if (body.offers_lead_form) (await import('/widget/later/lead.js')).offer(page, config.lead_form, true, false);
  part('input').focus();
};

// Says who wrote what stands on the screen already.
const name_them = (messages) => {
  const answers = [...document.querySelectorAll('.answer')];
  const theirs = messages.filter((message) => message.role === 'assistant').reverse();
  theirs.forEach((message, i) => {
    const answer = answers[answers.length - 1 - i];
    if (!answer || !message.by_person || seen.has(message.id)) return;
    answer.classList.add('human');
    part('who', answer).textContent = message.author || words()[TEAM];
    // People write text, not Markdown: it reads as it did when it came.
    part('text', answer).textContent = message.content;
    answer.insertBefore(
      make('p', { class: 'by', dir: 'auto', 'aria-hidden': 'true' }, message.author || words()[TEAM]),
      part('text', answer),
    );
  });
  for (const message of messages) if (message.by_person) seen.add(message.id);
};

let isListening = false;
export const start = (lent, address, replies, getToken) => {
  page = lent;
  config = replies[0].body;
  url = address;
  token = getToken;
  const conversation = replies[1]?.body;
  part('composer').before(line);
  if (conversation?.session_id) {
    session = conversation.session_id;
    apply(conversation.hand_off);
    name_them(conversation.messages);
    follow(session);
    read();
  } else {
    draw();
  }
  if (isListening) return;
  isListening = true;
  button.addEventListener('click', ask);
  new MutationObserver(look).observe(part('log'), { childList: true, subtree: true, attributeFilter: ['aria-busy'] });
  document.addEventListener('visibilitychange', read);
  part('input').addEventListener('input', () => {
    if (!isWithPeople() || Date.now() - told < TELL_EVERY) return;
    told = Date.now();
    post(`/sessions/${session}/signals`, { is_typing: true });
  });
};
