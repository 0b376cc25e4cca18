// The form in which a visitor leaves their details, among the messages. It is loaded for the bots that ask for them only,
// so it is no part of the first opening. `page` is what `page.js` lends it.

import { make, part } from './dom.js';

// Send, skip, optional, choose, fill in, check, agree, failed, e-mail, phone, too long.
const WORDS = {
  en: ['Send', 'Not now', 'optional', 'Please choose', 'Please fill this in.', 'Please check this.', 'Please agree to this first.', 'That did not get through. What you typed is kept; please try again.', 'Please write an address such as name@example.com.', 'Please write a phone number such as +1 555 010 2030.', 'Please write at most # characters.'],
  ru: ['Отправить', 'Не сейчас', 'необязательно', 'Выберите', 'Пожалуйста, заполните это поле.', 'Пожалуйста, проверьте это поле.', 'Сначала дайте согласие.', 'Не удалось отправить. Введённое сохранено; попробуйте ещё раз.', 'Напишите адрес, например name@example.com.', 'Напишите номер, например +7 495 010 20 30.', 'Напишите не больше # знаков.'],
  de: ['Senden', 'Jetzt nicht', 'freiwillig', 'Bitte wählen', 'Bitte füllen Sie das aus.', 'Bitte prüfen Sie das.', 'Bitte stimmen Sie dem erst zu.', 'Das kam nicht durch. Was Sie eingaben, bleibt erhalten; bitte noch einmal versuchen.', 'Bitte eine Adresse wie name@example.com angeben.', 'Bitte eine Nummer wie +49 30 901820 angeben.', 'Bitte höchstens # Zeichen schreiben.'],
  es: ['Enviar', 'Ahora no', 'opcional', 'Elija, por favor', 'Rellene este campo.', 'Compruebe este campo.', 'Acepte esto primero, por favor.', 'No se pudo enviar. Lo escrito se conserva; inténtelo de nuevo.', 'Escriba una dirección como name@example.com.', 'Escriba un número como +34 91 010 20 30.', 'Escriba como máximo # caracteres.'],
  fr: ['Envoyer', 'Pas maintenant', 'facultatif', 'Veuillez choisir', 'Veuillez remplir ce champ.', 'Veuillez vérifier ce champ.', 'Veuillez d’abord accepter ceci.', 'L’envoi a échoué. Votre saisie est conservée ; veuillez réessayer.', 'Indiquez une adresse comme name@example.com.', 'Indiquez un numéro comme +33 1 01 02 03 04.', 'Écrivez au plus # caractères.'],
  ar: ['إرسال', 'ليس الآن', 'اختياري', 'يرجى الاختيار', 'يرجى ملء هذا الحقل.', 'يرجى التحقق من هذا الحقل.', 'يرجى الموافقة على هذا أولاً.', 'تعذّر الإرسال. ما كتبته محفوظ؛ يرجى المحاولة مرة أخرى.', 'اكتب عنوانًا مثل name@example.com.', 'اكتب رقمًا مثل ‎+966 11 010 2030.', 'اكتب # حرفًا على الأكثر.'],
  zh: ['发送', '暂不填写', '选填', '请选择', '请填写此项。', '请检查此项。', '请先同意此项。', '未能发送。您填写的内容已保留，请重试。', '请填写邮箱地址，例如 name@example.com。', '请填写电话号码，例如 +86 10 0102 0304。', '请最多填写 # 个字符。'],
};
const [SEND, SKIP, OPTIONAL, CHOOSE, FILL_IN, CHECK, AGREE, FAILED, EMAIL, PHONE, LONG] = Array(11).keys();
const words = () => WORDS[document.documentElement.lang] || WORDS.en;

// What is remembered: for good, that details were left; for the life of the tab, that the form was skipped or in which
// conversation it is open, and what is typed into it. `page.js` forgets all of it for another visitor.
const SENT = 'lead';
const STATE = 'lead-state';
const TYPED = 'lead-typed';

// The form on the screen.
let shown;

// For screen readers.
const speak = (text) => {
  part('spoken').textContent = text;
};
const fields = (form) => [...form.elements].filter((field) => field.name);
const isBox = (field) => field.type === 'checkbox';
const value = (field) => (isBox(field) ? (field.checked ? 'true' : '') : field.value);
const wrong = (field) => document.getElementById(`wrong-${field.name}`);

const control = (name, { kind, options = [], required }) => {
  const attributes = { name, id: name, dir: 'auto', 'aria-describedby': `wrong-${name}`, ...(required && { required: '' }) };
  if (kind === 'textarea') return make('textarea', { ...attributes, rows: 3 });
  if (kind === 'select') {
    const choices = ['', ...options].map((option) => make('option', { value: option }, option || words()[CHOOSE]));
    return make('select', attributes, ...choices);
  }
  const type = { email: 'email', phone: 'tel', checkbox: 'checkbox' }[kind] || 'text';
  const autocomplete = { email: 'email', phone: 'tel' }[kind] || (name === 'answers.name' ? 'name' : 'on');
  return make('input', { ...attributes, type, autocomplete });
};

// As much as the server takes.
const most = (field) => ({ text: 200, textarea: 2000 })[field.type];
// What the server turns down for certain; it has the last word on the rest.
const FORMS = {
  email: /^\S+@(localhost|[^\s@.][^\s@]*\.[^\s@]*[^\s@.])$/,
  tel: /^[\s().\/+＋\-‐-―]*(\p{Nd}[\s().\/\-‐-―]*){5,19}$/u,
};
const isWrong = (field) => {
  const text = value(field).trim();
  if (!text) return field.required;
  return [...text].length > most(field) || FORMS[field.type]?.test(text) === false;
};
// What to do about a field that is wrong.
const complaint = (field) => {
  if (field.name === 'consent') return words()[AGREE];
  const text = value(field).trim();
  if (!text) return words()[FILL_IN];
  if ([...text].length > most(field)) return words()[LONG].replace('#', most(field));
  return words()[{ email: EMAIL, tel: PHONE }[field.type] ?? CHECK];
};
// The conversation that the form was open in.
const openIn = (page) => `open ${page.recall(true, 'session')}`;

// A control with its label, and room for what is wrong with it.
const row = (name, label, field) => {
  const input = control(name, field);
  // What the visitor agrees to says itself whether they have to.
  const text = field.required || name === 'consent' ? label : `${label} (${words()[OPTIONAL]})`;
  const parts =
    field.kind === 'checkbox'
      ? [make('label', { class: 'check' }, input, make('span', { dir: 'auto' }, text))]
      : [make('label', { for: name, dir: 'auto' }, text), input];
  return make('div', { class: 'field' }, ...parts, make('p', { class: 'wrong', id: `wrong-${name}`, hidden: '' }));
};

const say = (element, text) => {
  element.textContent = text;
  element.hidden = !text;
};

const show = (page, lead, isBefore) => {
  const link = '/widget/later/lead.css';
  if (!document.querySelector(`link[href="${link}"]`)) document.head.append(make('link', { rel: 'stylesheet', href: link }));
  const rows = lead.fields.map((field) => row(`answers.${field.key}`, field.label, field));
  if (lead.consent) rows.push(row('consent', lead.consent, { kind: 'checkbox', required: lead.consent_required }));
  const skip = make('button', { class: 'plain', type: 'button' }, words()[SKIP]);
  skip.hidden = !lead.skippable;
  shown = make(
    'form',
    { class: 'lead', 'aria-labelledby': 'lead-title' },
    make('h2', { id: 'lead-title', dir: 'auto' }, lead.title),
    ...rows,
    make('p', { class: 'wrong', role: 'alert', id: 'lead-failed', hidden: '' }),
    make('div', { class: 'acts' }, make('button', { class: 'fill', type: 'submit' }, words()[SEND]), skip),
  );
  shown.noValidate = true;
  const typed = JSON.parse(page.recall(false, TYPED) || '{}');
  for (const field of fields(shown)) {
    if (isBox(field)) field.checked = typed[field.name] === 'true';
    else field.value = typed[field.name] || '';
  }
  shown.addEventListener('input', () => {
    const filled = fields(shown).map((field) => [field.name, value(field)]);
    page.remember(false, TYPED, JSON.stringify(Object.fromEntries(filled)));
  });
  shown.addEventListener('submit', (event) => {
    event.preventDefault();
    page.handle('lead-send', {});
  });
  skip.addEventListener('click', () => {
    speak('');
    close(page, 'skipped');
  });
  part('log').append(shown);
  speak(lead.title);
  page.remember(false, STATE, openIn(page));
  if (isBefore || !lead.skippable) page.handle('lead-gate', { closed: true });
  page.follow(true);
};

const close = (page, state) => {
  shown.remove();
  shown = undefined;
  page.remember(false, STATE, state);
  page.remember(false, TYPED, '');
  page.handle('lead-gate', {});
};

// Shows the form when it is due, when it was open in this conversation before the page went, or, if it comes first, while
// nothing was asked; never to somebody who has sent or skipped it.
export const offer = (page, lead, isDue, isEmpty) => {
  const state = page.recall(false, STATE);
  const isBefore = lead.timing.when === 'before_chat';
  const isTime = isDue || state === openIn(page) || (isBefore && isEmpty);
  if (isTime && state !== 'skipped' && !page.recall(true, SENT) && !shown?.isConnected) show(page, lead, isBefore);
};

// Says at each of these fields what is wrong with it.
const turnDown = (refused) => {
  for (const field of refused) {
    field.setAttribute('aria-invalid', 'true');
    say(wrong(field), complaint(field));
  }
  refused[0].focus();
  speak(wrong(refused[0]).textContent);
};

export const send = async (page, url, session, token) => {
  const form = shown;
  const button = form.querySelector('.fill');
  const fail = (word) => {
    say(form.querySelector('#lead-failed'), word === undefined ? '' : words()[word]);
    page.follow(false);
  };
  fail();
  speak('');
  const answers = {};
  for (const field of fields(form)) {
    field.setAttribute('aria-invalid', 'false');
    say(wrong(field), '');
    if (field.name !== 'consent') answers[field.name.slice('answers.'.length)] = value(field);
  }
  const mistaken = fields(form).filter(isWrong);
  if (mistaken.length) return turnDown(mistaken);
  if (!Object.values(answers).some((answer) => answer.trim())) return fail(FILL_IN);
  button.disabled = true;
  const consent = !!form.elements.consent?.checked;
  const sent = { answers, consent, session_id: session || undefined, page_url: page.where() };
  const { status, body } = await page.read(await page.post(url, token, sent));
  button.disabled = false;
  if (!form.isConnected) return;
  if (status === 201) {
    page.remember(true, SENT, 'sent');
    page.handle('lead-sent', body);
    return close(page, '');
  }
  if (status === 404) {
    // The conversation is gone, or the form was switched off.
    if (session) return send(page, url, '', token);
    return close(page, '');
  }
  const refused = status === 422 ? body.errors.map(({ field }) => form.elements[field]).filter((field) => field?.name) : [];
  if (refused.length) turnDown(refused);
  else fail(status === 422 ? FILL_IN : FAILED);
};
