// Whether an answer helped, and if not, why. Loaded when the first answer is there; until then nobody needs it.

const TEXTS = {
  en: ['Helpful', 'Not helpful', 'What was wrong?', 'It is wrong', 'Something is missing', 'It does not help', 'Something else', 'Anything to add? (optional)', 'Send', 'Thank you, that helps.', 'That could not be saved. Try again.'],
  de: ['Hilfreich', 'Nicht hilfreich', 'Was war nicht gut?', 'Es stimmt nicht', 'Es fehlt etwas', 'Es hilft nicht', 'Etwas anderes', 'Noch etwas dazu? (freiwillig)', 'Senden', 'Danke, das hilft.', 'Das ließ sich nicht speichern. Noch einmal versuchen.'],
  fr: ['Utile', 'Pas utile', 'Qu’est-ce qui n’allait pas ?', 'C’est faux', 'Il manque quelque chose', 'Cela n’aide pas', 'Autre chose', 'Quelque chose à ajouter ? (facultatif)', 'Envoyer', 'Merci, cela nous aide.', 'Impossible d’enregistrer. Réessayez.'],
  es: ['Útil', 'No es útil', '¿Qué estuvo mal?', 'Es incorrecto', 'Falta algo', 'No ayuda', 'Otra cosa', '¿Algo más? (opcional)', 'Enviar', 'Gracias, eso nos ayuda.', 'No se pudo guardar. Inténtelo de nuevo.'],
  ru: ['Полезно', 'Не помогло', 'Что было не так?', 'Это неверно', 'Чего-то не хватает', 'Это не помогает', 'Другое', 'Хотите что-то добавить? (необязательно)', 'Отправить', 'Спасибо, это поможет.', 'Не удалось сохранить. Попробуйте ещё раз.'],
  ar: ['مفيد', 'غير مفيد', 'ما المشكلة؟', 'الإجابة خاطئة', 'ينقصها شيء', 'لا تساعد', 'شيء آخر', 'هل تود إضافة شيء؟ (اختياري)', 'إرسال', 'شكرًا، هذا يساعدنا.', 'تعذّر الحفظ. حاول مرة أخرى.'],
  zh: ['有帮助', '没有帮助', '哪里不好？', '内容有误', '缺少内容', '没有解决问题', '其他', '还想补充什么？（可选）', '发送', '谢谢，这对我们有帮助。', '无法保存，请重试。'],
};
const REASONS = ['wrong', 'incomplete', 'not_helpful', 'other'];
const UP = 'M7 11v9H4v-9h3Zm0 0 4-7.5a2 2 0 0 1 2 2V9h5.5a2 2 0 0 1 2 2.3l-1.1 7a2 2 0 0 1-2 1.7H7';

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; }
.tools [data-part="copy"] { margin-inline-end: 8px; }
.thumb { display: grid; place-items: center; inline-size: 36px; block-size: 36px; border-radius: 8px; color: var(--muted); position: relative; }
.thumb::after { content: ""; position: absolute; inset: -4px 0; }
.thumb:hover { background: var(--raised); color: var(--text); }
.thumb svg { inline-size: 16px; block-size: 16px; }
.thumb:last-of-type svg { transform: rotate(180deg); }
.thumb[aria-pressed="true"] { color: var(--ink); }
.thumb[aria-pressed="true"] svg { fill: color-mix(in srgb, var(--ink) 25%, transparent); }
.why { margin-block-start: 6px; padding: 12px 14px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--raised); animation: rise 0.14s ease-out; }
.why h3 { font-size: 14px; font-weight: 600; }
.why div { display: flex; flex-wrap: wrap; gap: 8px; margin-block: 8px; }
.why div button { min-block-size: 40px; padding: 4px 14px; border: 1px solid var(--strong-line); border-radius: 20px; background: var(--surface); font-size: 14px; }
.why div button[aria-pressed="true"] { border-color: var(--ink); color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
.why label { display: block; font-size: 13px; color: var(--muted); }
.why textarea { display: block; inline-size: 100%; margin-block: 4px 8px; padding: 8px 12px; border: 1px solid var(--strong-line); border-radius: var(--radius); background: var(--surface); color: var(--text); font-size: 16px; line-height: 22px; resize: vertical; }
.why > button { min-block-size: 40px; padding-inline: 18px; border-radius: 20px; background: var(--accent); color: var(--on-accent); font-size: 14px; font-weight: 550; }
.why > button:disabled { background: var(--line); color: var(--muted); }
.thanks { margin-block-start: 4px; font-size: 13px; color: var(--muted); }
.thanks:empty { display: none; }
`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const create = (tag, parent, attributes, text) => {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (text) element.textContent = text;
  parent?.append(element);
  return element;
};
const press = (button, isPressed) => button.setAttribute('aria-pressed', isPressed);

const thumb = (tools, label) => {
  const button = create('button', tools, { type: 'button', class: 'thumb', title: label, 'aria-label': label, 'aria-pressed': 'false' });
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', UP);
  svg.append(path);
  button.append(svg);
  return button;
};

// Puts the thumbs beside the tools of an answer. `rating` is what the visitor said before; `post` sends a verdict.
export const offer = (tools, rating, post) => {
  if (tools.querySelector('.thumb')) return;
  const [helpful, unhelpful, question, ...rest] = TEXTS[document.documentElement.lang] || TEXTS.en;
  const [remark, submit, thanks, failed] = rest.slice(REASONS.length);
  const up = thumb(tools, helpful);
  const down = thumb(tools, unhelpful);
  const said = create('p', null, { class: 'thanks', role: 'status' });
  tools.after(said);
  let form;
  const show = (now) => {
    press(up, now === 'up');
    press(down, now === 'down');
  };
  show(rating);

  const say = async (verdict, done) => {
    const before = rating;
    rating = verdict.rating;
    show(rating);
    said.textContent = '';
    const { ok } = await post(verdict);
    if (!ok) {
      rating = before;
      show(rating);
    }
    said.textContent = ok ? done : failed;
    return ok;
  };

  const ask = () => {
    form = create('section', null, { class: 'why', 'aria-label': question });
    // The page's own keys and counter are for the box below.
    for (const type of ['keydown', 'input']) form.addEventListener(type, (event) => event.stopPropagation());
    form.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return;
      form.remove();
      down.focus();
    });
    create('h3', form, {}, question);
    const choices = create('div', form, { role: 'group', 'aria-label': question });
    let reason;
    const buttons = REASONS.map((name, at) => {
      const button = create('button', choices, { type: 'button', 'aria-pressed': 'false' }, rest[at]);
      button.addEventListener('click', () => {
        reason = reason === name ? undefined : name;
        buttons.forEach((other, i) => press(other, REASONS[i] === reason));
        check();
      });
      return button;
    });
    const label = create('label', form, {}, remark);
    const box = create('textarea', label, { rows: 2, maxlength: 1000, dir: 'auto' });
    const send = create('button', form, { type: 'button' }, submit);
    const check = () => {
      send.disabled = !reason && !box.value.trim();
    };
    box.addEventListener('input', check);
    check();
    send.addEventListener('click', async () => {
      send.disabled = true;
      const comment = box.value.trim() || undefined;
      if (await say({ rating: 'down', reason: reason || 'other', comment }, thanks)) {
        form.remove();
        down.focus();
      } else check();
    });
    tools.after(form);
    form.scrollIntoView({ block: 'nearest' });
    buttons[0].focus({ preventScroll: true });
  };

  up.addEventListener('click', () => {
    form?.remove();
    if (rating !== 'up') say({ rating: 'up' }, thanks);
  });
  down.addEventListener('click', () => {
    if (form?.isConnected) return form.remove();
    ask();
    if (rating !== 'down') say({ rating: 'down' }, '');
  });
};
