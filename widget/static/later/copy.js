// Puts text on the clipboard, then lets a label say that it did for a moment.

export const copy = async (text, label, done) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Missing without TLS, refused in some frames.
    const field = document.body.appendChild(document.createElement('textarea'));
    field.value = text;
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    if (!copied) return;
  }
  const before = label.textContent;
  label.textContent = done;
  if (before !== done) setTimeout(() => (label.textContent = before), 1600);
};
