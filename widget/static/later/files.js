// Files that a visitor sends along: chosen, dropped or pasted, shown with their progress, sent with the next message.
// Loaded for bots that take files; until then it costs nothing. `page` is what `page.js` lends it.

import { make, part } from './dom.js';

// Attach, files, remove, retry, attached, kind, size, too many, no room, failed, drop.
const WORDS = {
  en: ['Attach files', 'Files', 'Remove', 'Try again', 'attached', 'Files of this kind are not taken.', 'Larger than 10 MB.', 'Up to 4 files with one message.', 'No more files can be sent for now.', 'Not sent.', 'Drop files here'],
  ru: ['Прикрепить файлы', 'Файлы', 'Убрать', 'Ещё раз', 'прикреплён', 'Такие файлы не принимаются.', 'Больше 10 МБ.', 'Не больше 4 файлов в сообщении.', 'Больше файлов пока отправить нельзя.', 'Не отправлен.', 'Перетащите файлы сюда'],
  de: ['Dateien anhängen', 'Dateien', 'Entfernen', 'Noch einmal', 'angehängt', 'Solche Dateien werden nicht angenommen.', 'Größer als 10 MB.', 'Bis zu 4 Dateien je Nachricht.', 'Weitere Dateien gehen gerade nicht.', 'Nicht gesendet.', 'Dateien hier ablegen'],
  es: ['Adjuntar archivos', 'Archivos', 'Quitar', 'Reintentar', 'adjuntado', 'Este tipo de archivo no se admite.', 'Supera los 10 MB.', 'Hasta 4 archivos por mensaje.', 'Por ahora no se pueden enviar más archivos.', 'No enviado.', 'Suelte los archivos aquí'],
  fr: ['Joindre des fichiers', 'Fichiers', 'Retirer', 'Réessayer', 'joint', 'Ce type de fichier n’est pas accepté.', 'Plus de 10 Mo.', 'Jusqu’à 4 fichiers par message.', 'Impossible d’envoyer d’autres fichiers pour le moment.', 'Non envoyé.', 'Déposez les fichiers ici'],
  ar: ['إرفاق ملفات', 'الملفات', 'إزالة', 'إعادة المحاولة', 'أُرفق', 'هذا النوع من الملفات غير مقبول.', 'أكبر من 10 ميغابايت.', 'حتى 4 ملفات في الرسالة الواحدة.', 'لا يمكن إرسال ملفات أخرى الآن.', 'لم يُرسل.', 'أفلت الملفات هنا'],
  zh: ['添加附件', '文件', '移除', '重试', '已添加', '不接受此类文件。', '超过 10 MB。', '每条消息最多 4 个文件。', '暂时无法发送更多文件。', '未发送。', '将文件拖放到此处'],
};
const [ATTACH, FILES, REMOVE, RETRY, ATTACHED, KIND, SIZE, MANY, FULL, FAILED, DROP] = Array(11).keys();
const words = () => WORDS[document.documentElement.lang] || WORDS.en;

// As the server has them.
const MOST = 4;
const MAX_BYTES = 10 * 1024 * 1024;
const ENDINGS = '.png,.jpg,.jpeg,.webp,.gif,.pdf,.docx,.doc,.pptx,.ppt,.xlsx,.xls,.odt,.ods,.odp,.rtf,.txt,.md,.csv,.tsv,.json';
// What went up and was not sent yet, for the life of the tab.
const KEPT = 'files';
const DAY = 24 * 60 * 60 * 1000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.files { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 6px; padding: 0; list-style: none; }
.files:empty { display: none; }
.file { position: relative; display: flex; align-items: center; gap: 8px; max-inline-size: 100%; min-inline-size: 0; padding-block: 4px; padding-inline: 6px 4px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); font-size: 13px; line-height: 1.3; overflow: hidden; }
.file img, .file .kind { flex: none; inline-size: 36px; block-size: 36px; border-radius: 6px; object-fit: cover; background: var(--surface); }
.file .kind { display: grid; place-items: center; color: var(--muted); font-size: 10px; font-weight: 700; text-transform: uppercase; }
.file > div { min-inline-size: 0; max-inline-size: 180px; }
.file b { display: block; font-weight: 550; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.file small { display: block; color: var(--muted); font-size: 12px; }
.file.wrong { border-color: var(--danger); }
.file.wrong small { color: var(--danger); }
.file button { flex: none; display: grid; place-items: center; min-inline-size: 36px; min-block-size: 36px; border-radius: 8px; color: var(--muted); font-size: 13px; }
.file .again { padding-inline: 6px; color: var(--ink); font-weight: 550; }
.file button:hover { background: var(--surface); color: var(--text); }
.file progress { position: absolute; inset: auto 0 0; inline-size: 100%; block-size: 3px; border: 0; appearance: none; background: none; }
.file progress::-webkit-progress-bar { background: none; }
.file progress::-webkit-progress-value { background: var(--ink); }
.file progress::-moz-progress-bar { background: var(--ink); }
.attach { margin: 3px; inline-size: 38px; block-size: 38px; border-radius: 50%; position: relative; }
.attach::after { content: ""; position: absolute; inset: -3px; }
.attach + textarea { padding-inline-start: 4px !important; }
.limit { margin-block-end: 6px; font-size: 13px; color: var(--danger); }
.limit:empty { display: none; }
.question:has(.files) { display: flex; flex-direction: column; align-items: flex-end; }
.question p:empty { display: none; }
.question .files { justify-content: flex-end; margin-block: 6px 0; }
.question .file { padding-inline-end: 10px; }
.dropping [data-part="panel"]::after { content: attr(data-drop); position: fixed; inset: 8px; z-index: 9; display: grid; place-items: center; border: 2px dashed var(--ink); border-radius: var(--radius); background: color-mix(in srgb, var(--surface) 88%, transparent); font-weight: 600; }
`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const drawing = (...lines) => {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  for (const line of lines) svg.appendChild(document.createElementNS(space, 'path')).setAttribute('d', line);
  return svg;
};
const size = (bytes) => {
  const step = bytes < 1024 ? 0 : bytes < 1024 * 1024 ? 1 : 2;
  const number = bytes / 1024 ** step;
  const style = { style: 'unit', unit: ['byte', 'kilobyte', 'megabyte'][step], maximumFractionDigits: number < 10 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(number);
};
const speak = (text) => {
  part('spoken').textContent = text;
};
const ending = (name) => name.split('.').pop().slice(0, 4);
const isPicture = (type) => /^image\/(png|jpeg|webp|gif)$/.test(type);

let page;
// Where the bot's endpoints are, the visitor's token, and the conversation.
let url;
let token;
// Those in the box: { file, id, name, size, state, item, … }.
let chosen = [];
// Ids of those that went with the last message: it may have to be sent again.
let sent = [];

const list = make('ul', { class: 'files', role: 'list' });
const picker = make('input', { type: 'file', multiple: '', accept: ENDINGS, hidden: '', tabindex: '-1' });
const button = make('button', { type: 'button', class: 'icon attach' }, drawing('m21 11.5-8.6 8.6a5.5 5.5 0 0 1-7.8-7.8l8.9-8.9a3.7 3.7 0 0 1 5.2 5.2l-8.9 8.9a1.8 1.8 0 0 1-2.6-2.6l8.2-8.2'));

// What is wrong with all of them.
const note = make('p', { class: 'limit', 'aria-hidden': 'true' });

// A file as it stands in the box and in the conversation.
const card = ({ name, size: bytes, media_type: type, file }) => {
  const picture = file && isPicture(type);
  const image = picture ? make('img', { alt: '' }) : make('span', { class: 'kind', 'aria-hidden': 'true' }, ending(name));
  if (picture) image.src = URL.createObjectURL(file);
  return make('li', { class: 'file' }, image, make('div', {}, make('b', { dir: 'auto', title: name }, name), make('small', {}, size(bytes))));
};

const keep = () => {
  const whole = chosen.filter(({ id }) => id).map(({ id, name, size, media_type, at }) => ({ id, name, size, media_type, at }));
  page.remember(false, KEPT, whole.length ? JSON.stringify(whole) : '');
};

const changed = () => {
  keep();
  page.handle('typed', {});
};

const remove = (one) => {
  one.request?.abort();
  const at = chosen.indexOf(one);
  if (at < 0) return;
  chosen.splice(at, 1);
  one.item.remove();
  const next = chosen[Math.min(at, chosen.length - 1)];
  (next ? next.item.querySelector('.away') : button).focus();
  changed();
};

// Shows how it stands: going up, there, or what is wrong with it.
const tell = (one, wrong, again) => {
  one.item.classList.toggle('wrong', !!wrong);
  one.item.querySelector('small').textContent = wrong || size(one.size);
  one.item.querySelector('progress').hidden = one.state !== 'up';
  one.item.querySelector('.again').hidden = !again;
  if (wrong) speak(`${one.name}: ${wrong}`);
};

const fail = (one, wrong, again) => {
  one.state = 'wrong';
  tell(one, wrong, again);
  changed();
};

// Only this way of asking tells how far it is.
const upload = (one) => {
  one.state = 'up';
  tell(one, '', false);
  changed();
  const bar = one.item.querySelector('progress');
  bar.value = 0;
  const session = page.recall(true, 'session');
  const request = new XMLHttpRequest();
  one.request = request;
  request.open('POST', `${url}/uploads${session ? `?session_id=${session}` : ''}`);
  if (token()) request.setRequestHeader('x-visitor-token', token());
  request.responseType = 'json';
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total;
  };
  request.onerror = () => fail(one, words()[FAILED], true);
  request.onload = () => {
    const { status, response } = request;
    if (status === 201 && response) {
      Object.assign(one, { id: response.id, name: response.name, media_type: response.media_type, state: 'there', at: Date.now() });
      tell(one, '', false);
      speak(`${one.name} ${words()[ATTACHED]}`);
      return changed();
    }
    const code = response?.code;
    if (/^(unsupported_file|empty_document|encrypted_document|corrupt_document)$/.test(code)) return fail(one, words()[KIND], false);
    if (status === 413) return fail(one, words()[SIZE], false);
    if (code === 'uploads_full') return fail(one, words()[FULL], true);
    fail(one, words()[FAILED], true);
  };
  const form = new FormData();
  form.append('file', one.file, one.name);
  request.send(form);
};

const put = (one) => {
  const again = make('button', { type: 'button', class: 'again', hidden: '' }, words()[RETRY]);
  const away = make('button', { type: 'button', class: 'away', title: words()[REMOVE] }, drawing('M18 6 6 18M6 6l12 12'));
  away.setAttribute('aria-label', `${words()[REMOVE]}: ${one.name}`);
  again.setAttribute('aria-label', `${words()[RETRY]}: ${one.name}`);
  again.addEventListener('click', () => upload(one));
  away.addEventListener('click', () => remove(one));
  one.item = card(one);
  one.item.append(again, away, make('progress', { max: '1', 'aria-label': one.name, hidden: '' }));
  chosen.push(one);
  list.append(one.item);
};

const add = (files) => {
  for (const file of files) {
    if (chosen.length >= MOST) {
      speak(words()[MANY]);
      note.textContent = words()[MANY];
      break;
    }
    note.textContent = '';
    // What is pasted has no name of its own.
    const one = { file, name: file.name || 'picture.png', size: file.size, media_type: file.type };
    put(one);
    if (file.size > MAX_BYTES) fail(one, words()[SIZE], false);
    else upload(one);
  }
  page.follow(false);
};

const show = (question, files) => {
  const shown = make('ul', { class: 'files', role: 'list', 'aria-label': words()[FILES] }, ...files.map(card));
  question.append(shown);
};

// How many there are to be sent: -1 while one is on its way.
export const count = () => (chosen.some(({ state }) => state === 'up') ? -1 : chosen.filter(({ id }) => id).length);

// The message that is being sent takes them along.
export const take = () => {
  const going = chosen.filter(({ id }) => id);
  sent = going.map(({ id }) => id);
  chosen = chosen.filter(({ id }) => !id);
  going.forEach(({ item }) => item.remove());
  note.textContent = '';
  keep();
  const question = [...document.querySelectorAll('.question')].pop();
  if (going.length && question) show(question, going);
};
export const ids = () => sent;

// What went along with messages that stand on the screen already.
const showEarlier = (messages) => {
  const questions = [...document.querySelectorAll('.question')];
  const asked = messages.filter(({ role }) => role === 'user');
  asked.forEach(({ attachments }, i) => {
    const question = questions[questions.length - asked.length + i];
    if (attachments && question && !question.querySelector('.files')) show(question, attachments);
  });
};

const hasFiles = ({ dataTransfer }) => dataTransfer && [...dataTransfer.types].includes('Files');

let isListening = false;
let wasKnown = false;
export const start = (lent, address, conversation, getToken) => {
  page = lent;
  url = address;
  token = getToken;
  // Whoever signed out leaves nothing to whoever comes next.
  if (wasKnown && !token()) {
    list.replaceChildren();
    chosen = sent = [];
  }
  wasKnown = !!token();
  button.setAttribute('aria-label', words()[ATTACH]);
  button.title = words()[ATTACH];
  list.setAttribute('aria-label', words()[FILES]);
  part('panel').dataset.drop = words()[DROP];
  const box = part('composer');
  box.before(note, list);
  part('input').before(button);
  box.append(picker);
  showEarlier(conversation?.messages || []);
  if (!chosen.length) {
    const kept = JSON.parse(page.recall(false, KEPT) || '[]');
    for (const one of kept) if (Date.now() - one.at < DAY) put({ ...one, state: 'there' });
  }
  page.handle('typed', {});
  if (isListening) return;
  isListening = true;
  button.addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    add(picker.files);
    picker.value = '';
  });
  part('input').addEventListener('paste', (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    add(files);
  });
  const root = document.documentElement;
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event) || part('composer').hidden) return;
    event.preventDefault();
    root.classList.add('dropping');
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) root.classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    root.classList.remove('dropping');
    if (!hasFiles(event) || part('composer').hidden) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
};
